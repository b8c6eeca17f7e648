/// A structure being printed: `struct NAME {`, a line for each member, `}`.
///
/// The words may as well all stand in one line.
struct StructBlock {
  private(set) var structure: ShownStructure
  /// Symbols that gdb names behind pointers.
  private(set) var symbols: [ShownSymbol] = []
  private var depth = 1
  /// Whether only some members are printed, as `struct NAME.member ADDRESS` does.
  let isPartial: Bool

  /// No structure of interest prints more members at its top level.
  private static let mostMembers = 4096

  init(type: String, address: UInt64?, isPartial: Bool = false) {
    structure = ShownStructure(type: type, address: address)
    self.isPartial = isPartial
  }

  /// The symbol in a line that is nothing but a member: `show = 0xffffffffc033a030 <tm_show>`.
  static func symbolOfMember(_ line: Line) -> ShownSymbol? {
    guard line.count == 4, line.word(1, is: "="), line.word(2, startsWith: "0x"),
      line.word(3, startsWith: "<")
    else { return nil }
    var block = StructBlock(type: "", address: nil, isPartial: true)
    _ = block.consume(line, from: 0)
    return block.symbols.first
  }

  /// The tag when `struct NAME {` or `union NAME {` begins at a word.
  static func opening(_ line: Line, at index: Int) -> String? {
    guard line.word(index + 2, is: "{"),
      line.word(index, is: "struct") || line.word(index, is: "union")
    else { return nil }
    return line.text(index + 1)
  }

  var isClosed: Bool { depth <= 0 }

  /// Whether a line can be one of a structure's: a member, a brace, or what stands between.
  static func accepts(_ line: Line) -> Bool {
    if line.firstIndex(of: "=") != nil { return true }
    let first = line.bytes[Int(line.words[0].start)]
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "}") { return true }
    let last = line.bytes[Int(line.words[line.count - 1].end) - 1]
    return last == UInt8(ascii: ",") || last == UInt8(ascii: ";") || last == UInt8(ascii: "{")
      || line.word(line.count - 1, is: "...")
  }

  /// Reads words up to the closing brace; returns the index behind the last.
  mutating func consume(_ line: Line, from start: Int) -> Int {
    var index = start
    while index < line.count, !isClosed {
      if depth == 1, line.word(index + 1, is: "="), index + 2 < line.count {
        index = consumeMember(line, at: index)
        continue
      }
      countBraces(line.word(index))
      index += 1
    }
    return index
  }

  private mutating func countBraces(_ word: ArraySlice<UInt8>) {
    for byte in word {
      if byte == UInt8(ascii: "{") { depth += 1 }
      if byte == UInt8(ascii: "}") { depth -= 1 }
    }
  }

  /// A member: `name = 0xffff… <symbol+10>,`.
  private mutating func consumeMember(_ line: Line, at index: Int) -> Int {
    let value = line.word(index + 2)
    var digits = Array(value)
    if digits.last == UInt8(ascii: ",") { digits.removeLast() }
    var pointer: UInt64?
    if digits.starts(with: "0x".utf8) {
      pointer = Hexadecimal.value(of: digits, in: 2..<digits.count)
    }
    if structure.members.count < Self.mostMembers {
      structure.members.append(
        ShownStructure.Member(name: line.text(index), pointer: pointer))
    }
    var end = index + 3
    if pointer == nil {
      countBraces(value)
    } else if let pointer, end < line.count, line.word(end, startsWith: "<"),
      let close = line.word(end).lastIndex(of: UInt8(ascii: ">"))
    {
      let name = line.word(end)
      if let symbol = SymbolText(name[(name.startIndex + 1)..<close], hasRadix10Offset: true),
        symbol.name != "repeats"
      {
        symbols.append(
          ShownSymbol(
            name: symbol.name, address: pointer &- symbol.offset, reach: symbol.offset))
      }
      end += 1
    }
    return end
  }
}

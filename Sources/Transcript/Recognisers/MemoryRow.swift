/// A row of `rd`: `ADDRESS:  VALUE …   ASCII`, in any width, or with symbols for values.
///
/// A hit of `search` looks the same and says the same.
struct MemoryRow {
  /// The values of a row, cut to what memory holds.
  private(set) var values: [(value: UInt64, offset: UInt64)] = []
  private(set) var symbols: [(symbol: SymbolText, offset: UInt64)] = []
  private(set) var address: UInt64 = 0
  /// The size of a value in bytes.
  private(set) var width = 8
  /// How many words of the line the row takes.
  private(set) var words = 0

  /// The bytes that a full row shows, in every width.
  private static let rowBytes = 16
  /// The most characters in a row of `rd -a`.
  private static let textBytes = 60

  /// Reads a row that begins at a word; returns false when none does.
  ///
  /// `command` is the command that printed it, if that is known.
  mutating func match(_ line: Line, at index: Int, command: Command?) -> Bool {
    values.removeAll(keepingCapacity: true)
    symbols.removeAll(keepingCapacity: true)
    let head = line.words[index]
    guard index + 1 < line.count, head.count > 8, head.count <= 17,
      line.bytes[Int(head.end) - 1] == UInt8(ascii: ":"),
      let address = KernelAddress.value(of: line.bytes, in: Int(head.start)..<(Int(head.end) - 1))
    else { return false }
    self.address = address
    let pointer = head.count == 17 ? 8 : 4
    let next = line.words[index + 1]
    var end = index + 1
    if command?.showsDecimalMemory == true {
      end = matchDecimals(line, from: index + 1, width: command?.memoryWidth ?? pointer)
    } else if next.shape.isWithin(.hexadecimal), Self.width(of: next.count) != nil,
      !(next.count < 16 && command?.showsSymbolicMemory == true),
      !Self.looksDecimal(line, index + 1)
    {
      end = matchValues(line, from: index + 1, pointer: pointer)
    } else if command?.showsSymbolicMemory == true || Self.hasSymbolColumns(line, index + 1) {
      end = matchSymbols(line, from: index + 1, pointer: pointer)
    }
    guard end > index + 1 else { return false }
    words = Self.skipCharacters(line, from: end) - index
    return true
  }

  /// Reads the line at `start` when it is `ADDRESS:  VALUE VALUE  CHARACTERS`; returns its end.
  mutating func matchPlain(_ bytes: [UInt8], at start: Int) -> Int? {
    var index = start
    while index < bytes.count, bytes[index] == 0x20 { index += 1 }
    // The address, a colon and two blanks, two values with a blank between, and a line end.
    guard index + 53 <= bytes.count, bytes[index + 16] == UInt8(ascii: ":"),
      bytes[index + 17] == 0x20, bytes[index + 18] == 0x20, bytes[index + 35] == 0x20,
      let address = KernelAddress.value(of: bytes, in: index..<(index + 16)),
      let first = Hexadecimal.value(of: bytes, in: (index + 19)..<(index + 35)),
      let second = Hexadecimal.value(of: bytes, in: (index + 36)..<(index + 52))
    else { return nil }
    // Whatever is longer than the characters is something else, glued to the row.
    let values = index + 52
    index = values
    while index < bytes.count, bytes[index] >= 0x20 {
      index += 1
      guard index <= values + 20 else { return nil }
    }
    guard index < bytes.count, bytes[index] == 0x0a || bytes[index] == 0x0d else { return nil }
    self.address = address
    width = 8
    symbols.removeAll(keepingCapacity: true)
    self.values.removeAll(keepingCapacity: true)
    self.values.append((first, 0))
    self.values.append((second, 8))
    return index
  }

  /// Reads a row of `rd -a`: `ADDRESS:  TEXT`, a byte for each character.
  mutating func matchText(_ line: Line) -> Bool {
    values.removeAll(keepingCapacity: true)
    symbols.removeAll(keepingCapacity: true)
    let head = line.words[0]
    guard line.count > 1,
      let address = KernelAddress.value(of: line.bytes, in: Int(head.start)..<(Int(head.end) - 1))
    else { return false }
    self.address = address
    width = 1
    // Two blanks stand behind the colon; what follows them is memory, blanks included.
    let start = min(Int(head.end) + 2, Int(line.words[1].start))
    let end = min(Int(line.words[line.count - 1].end), start + Self.textBytes)
    for position in start..<max(start, end) {
      values.append((UInt64(line.bytes[position]), UInt64(position - start)))
    }
    return true
  }

  private static func width(of digits: Int) -> Int? {
    switch digits {
    case 16: 8
    case 8: 4
    case 4: 2
    case 2: 1
    default: nil
    }
  }

  /// Whether a row that begins like one in hexadecimal is one of `rd -d`, whose numbers are set in
  /// columns of 15: the characters behind a single value stand farther off.
  private static func looksDecimal(_ line: Line, _ index: Int) -> Bool {
    guard line.words[index].count == 16, line.words[index].shape.isWithin(.digit),
      index + 1 < line.count, line.gap(before: index + 1) <= 15
    else { return false }
    return line.words[index + 1].count != 16 && decimal(line.word(index + 1)) != nil
  }

  /// Values in hexadecimal, all as wide as the first; the characters behind them may look like
  /// one more, but stand apart.
  private mutating func matchValues(_ line: Line, from start: Int, pointer: Int) -> Int {
    let digits = line.words[start].count
    width = Self.width(of: digits) ?? pointer
    let most = Self.rowBytes / width
    var index = start
    while index < line.count, index - start < most {
      let word = line.words[index]
      guard word.count == digits, word.shape.isWithin(.hexadecimal),
        index == start || line.gap(before: index) == 1 || width == 8 && index == start + 1,
        let value = Hexadecimal.value(of: line.bytes, in: word.range)
      else { break }
      append(value, index - start)
      index += 1
    }
    // With `-s` a value that is no symbol stands beside one that is.
    if width == pointer, index == start + 1, index < line.count, Self.looksSymbolic(line, index) {
      return matchSymbols(line, from: index, pointer: pointer, position: index - start)
    }
    return index
  }

  private mutating func append(_ value: UInt64, _ position: Int) {
    values.append((value, UInt64(position * width)))
  }

  /// Whether a word can stand for a value in `rd -s`, rather than begin the characters.
  private static func looksSymbolic(_ line: Line, _ index: Int) -> Bool {
    // Characters are set off by two blanks or more, and mostly dots.
    line.gap(before: index) == 1 && SymbolText(line.word(index), hasRadix10Offset: true) != nil
      || line.word(index, startsWith: "[")
  }

  /// Whether two words stand where `rd -s` puts them: `%-16s ` each, behind two blanks.
  private static func hasSymbolColumns(_ line: Line, _ index: Int) -> Bool {
    guard line.gap(before: index) == 2, index + 1 < line.count else { return false }
    if line.word(index, startsWith: "[") { return true }
    let (first, second) = (line.words[index], line.words[index + 1])
    return Int(second.start) - Int(first.start) == max(first.count, 16) + 1
  }

  /// Symbols, values where there is none, `[cache]` or `[value:cache]`.
  private mutating func matchSymbols(
    _ line: Line, from start: Int, pointer: Int, position first: Int = 0
  ) -> Int {
    width = pointer
    var index = start
    var position = first
    while index < line.count, position < Self.rowBytes / pointer {
      if line.words[index].count == pointer * 2, let value = line.hexadecimal(index) {
        append(value, position)
      } else if line.word(index, startsWith: "[") {
        guard let end = matchBracket(line, index, position) else { break }
        index = end
      } else if let symbol = SymbolText(line.word(index), hasRadix10Offset: true) {
        symbols.append((symbol, UInt64(position * pointer)))
      } else {
        break
      }
      index += 1
      position += 1
    }
    return position == first ? start : index
  }

  /// `[cache]`, whose value is lost, or `[value:cache]`; names may have blanks.
  ///
  /// Returns the index of the last word.
  private mutating func matchBracket(_ line: Line, _ index: Int, _ position: Int) -> Int? {
    guard
      let end = (index..<min(index + 8, line.count)).first(where: { line.word($0, endsWith: "]") })
    else { return nil }
    let start = Int(line.words[index].start) + 1
    if let colon = line.bytes[start..<Int(line.words[index].end)].firstIndex(of: UInt8(ascii: ":")),
      let value = KernelAddress.value(of: line.bytes, in: start..<colon)
    {
      append(value, position)
    }
    return end
  }

  /// `rd -d` and `rd -D`.
  private mutating func matchDecimals(_ line: Line, from start: Int, width: Int) -> Int {
    self.width = width
    var index = start
    while index < line.count, index - start < Self.rowBytes / width {
      guard let value = Self.decimal(line.word(index)) else { break }
      append(width == 8 ? value : value & (1 << UInt64(width * 8) &- 1), index - start)
      index += 1
    }
    return index
  }

  /// A number of up to twenty digits, as its bits.
  private static func decimal(_ word: ArraySlice<UInt8>) -> UInt64? {
    let text = String(decoding: word, as: UTF8.self)
    return UInt64(text) ?? Int64(text).map(UInt64.init(bitPattern:))
  }

  /// Moves over the characters at the end of a row, up to whatever begins behind them in the same
  /// line: another row, an error or a prompt.
  private static func skipCharacters(_ line: Line, from start: Int) -> Int {
    var index = start
    while index < line.count {
      let word = line.words[index]
      if word.shape.contains(.colon), word.count == 17 || word.count == 9,
        line.bytes[Int(word.end) - 1] == UInt8(ascii: ":"),
        KernelAddress.value(of: line.bytes, in: Int(word.start)..<(Int(word.end) - 1)) != nil
      {
        return index
      }
      if line.word(index, is: "rd:") || Prompt.begins(line, at: index) { return index }
      index += 1
    }
    return index
  }
}

/// A line of `sym`: `ADDRESS (T) name+0x34 [module] file: line`.
struct SymbolLine {
  let symbol: ShownSymbol

  /// A line that begins at a word.
  static func match(_ line: Line, at index: Int) -> Match<SymbolLine>? {
    guard index + 2 < line.count, let address = line.address(index),
      line.words[index + 1].count == 3, line.word(index + 1, startsWith: "("),
      line.word(index + 1, endsWith: ")"),
      let reference = SymbolText(line.word(index + 2), hasRadix10Offset: true)
    else { return nil }
    var end = index + 3
    var module: String?
    if end < line.count, let name = bracketedName(line.word(end)) {
      // A section has a dot, a module none.
      if !name.hasPrefix(".") { module = name }
      end += 1
    }
    // `file: line`
    if end + 1 < line.count, line.word(end, endsWith: ":"), line.natural(end + 1) != nil {
      end += 2
    }
    let kind = Character(Unicode.Scalar(line.bytes[Int(line.words[index + 1].start) + 1]))
    let symbol = ShownSymbol(
      name: reference.name, address: address &- reference.offset,
      kind: kind == "?" ? nil : kind, module: module, reach: reference.offset)
    return Match(fact: SymbolLine(symbol: symbol), words: end - index)
  }

  private static func bracketedName(_ word: ArraySlice<UInt8>) -> String? {
    guard word.count > 2, word.first == UInt8(ascii: "["), word.last == UInt8(ascii: "]")
    else { return nil }
    return String(decoding: word.dropFirst().dropLast(), as: UTF8.self)
  }
}

/// `name`, `name+13` or `name+0xd`.
struct SymbolText {
  let name: String
  let offset: UInt64

  /// Reads a symbol's name and offset; nil when it is not one.
  ///
  /// An offset without `0x` is decimal; crash prints it so unless `set radix 16`.
  init?(_ word: ArraySlice<UInt8>, hasRadix10Offset: Bool) {
    let plus = word.firstIndex(of: UInt8(ascii: "+")) ?? word.endIndex
    let name = word[..<plus]
    guard let first = name.first, !(first >= 0x30 && first <= 0x39),
      name.allSatisfy(Self.isNameCharacter)
    else { return nil }
    self.name = String(decoding: name, as: UTF8.self)
    guard plus < word.endIndex else {
      offset = 0
      return
    }
    let digits = Array(word[(plus + 1)...])
    if digits.starts(with: "0x".utf8) {
      guard let value = Hexadecimal.value(of: digits, in: 2..<digits.count) else { return nil }
      offset = value
    } else {
      guard hasRadix10Offset, let value = Decimal.value(of: digits, in: digits.indices)
      else { return nil }
      offset = UInt64(value)
    }
  }

  /// A letter, digit, `_`, `.` or `$`.
  static func isNameCharacter(_ byte: UInt8) -> Bool {
    byte >= 0x61 && byte <= 0x7a || byte >= 0x41 && byte <= 0x5a || byte >= 0x30 && byte <= 0x39
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "$")
  }
}

/// What each byte means to the reader of lines.
enum CharacterClasses {
  static let blank: UInt8 = 64
  /// The line ends here, or has to be cleaned before it can be read.
  static let special: UInt8 = 128

  /// By byte: a `WordShape`, `blank` or `special`.
  ///
  /// `cleaning` names the characters that have to be cleaned away beside the control characters.
  static func table(cleaning: String.UTF8View) -> [UInt8] {
    var table = [UInt8](repeating: WordShape.other.rawValue, count: 256)
    for byte in UInt8(0)..<32 { table[Int(byte)] = special }
    table[0x7f] = special
    table[0x20] = blank
    table[0x09] = blank
    // A backtick sets off code in Markdown; no kernel output needs it.
    table[0x60] = blank
    for byte in UInt8(ascii: "a")...UInt8(ascii: "z") {
      table[Int(byte)] = byte <= 0x66 ? WordShape.hexLetter.rawValue : WordShape.letter.rawValue
      table[Int(byte - 32)] = WordShape.letter.rawValue
    }
    for byte in UInt8(ascii: "0")...UInt8(ascii: "9") {
      table[Int(byte)] = WordShape.digit.rawValue
    }
    table[Int(UInt8(ascii: "_"))] = WordShape.letter.rawValue
    table[Int(UInt8(ascii: ":"))] = WordShape.colon.rawValue
    table[Int(UInt8(ascii: "["))] = WordShape.bracket.rawValue
    table[Int(UInt8(ascii: "]"))] = WordShape.bracket.rawValue
    for byte in cleaning { table[Int(byte)] = special }
    // The first bytes of no-break spaces, ideographic spaces, zero-width characters and the
    // byte order mark.
    for byte: UInt8 in [0xc2, 0xe2, 0xe3, 0xef] { table[Int(byte)] = special }
    return table
  }
}

/// What characters a word is made of, gathered while it is cut out of its line.
struct WordShape: OptionSet, Sendable, BitwiseCopyable {
  let rawValue: UInt8

  static let digit = WordShape(rawValue: 1)
  /// `a` to `f`.
  static let hexLetter = WordShape(rawValue: 2)
  /// Any other letter, or `_`.
  static let letter = WordShape(rawValue: 4)
  static let colon = WordShape(rawValue: 8)
  /// `[` or `]`.
  static let bracket = WordShape(rawValue: 16)
  /// Any other visible character.
  static let other = WordShape(rawValue: 32)

  static let hexadecimal: WordShape = [.digit, .hexLetter]

  /// Whether no other characters than these occur.
  func isWithin(_ shapes: WordShape) -> Bool { isSubset(of: shapes) }
}

/// A run of characters between blanks: where it lies in its line's bytes, and what it is made of.
struct Word: Sendable, BitwiseCopyable {
  let start: Int32
  let end: Int32
  let shape: WordShape

  var count: Int { Int(end) - Int(start) }
  var range: Range<Int> { Int(start)..<Int(end) }
}

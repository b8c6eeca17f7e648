/// An answer that can be printed for people and for programs.
public protocol Report: Sendable {
  /// The answer for people: lines that end in a newline.
  func text(style: TextStyle) -> String

  /// The answer for programs: one JSON document that ends in a newline.
  ///
  /// Throws what `JSONEncoder` throws, which for these reports would be a fault of their own.
  func json() throws -> String
}

import Foundation

extension Encodable {
  /// The value as a JSON document: keys sorted and in snake case, indented, with a newline at its
  /// end, so that two of them can be compared line by line.
  func jsonDocument() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

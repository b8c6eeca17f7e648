public import Foundation

/// A list of leaks that are known and do not count, each with the reason.
public struct Suppressions: Sendable {
  /// The reason for each fingerprint.
  public let reasons: [String: String]

  /// Reads the schema `slabscope.suppressions/1`; throws `UnreadableFile` when the file is none.
  public init(_ file: Data) throws(UnreadableFile) {
    let keys: Set = ["schema", "suppressions", "fingerprint", "reason"]
    if let key = StrangeKeys(in: file, known: keys).first {
      throw UnreadableFile(reason: "has the key \(key), which no suppression has")
    }
    let file: File = try decoded(file, schema: "slabscope.suppressions/1")
    var reasons: [String: String] = [:]
    for entry in file.suppressions {
      guard !entry.reason.allSatisfy(\.isWhitespace) else {
        throw UnreadableFile(reason: "has no reason for the suppression of \(entry.fingerprint)")
      }
      reasons[entry.fingerprint] = entry.reason
    }
    self.reasons = reasons
  }

  private struct File: Decodable {
    struct Entry: Decodable {
      let fingerprint: String
      let reason: String
    }

    let suppressions: [Entry]
  }
}

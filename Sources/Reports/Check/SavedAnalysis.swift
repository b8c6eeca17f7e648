public import Analysis
public import Foundation

/// A file that is no baseline, or no list of suppressions: what is wrong with it, in one clause.
public struct UnreadableFile: Error, Hashable, Sendable {
  /// What is wrong, to stand behind the file's name.
  public let reason: String
}

/// A report of `slabscope analyze --format json`, read back as far as a comparison needs it.
public struct SavedAnalysis: Sendable {
  /// What the report says.
  public let record: AnalysisRecord

  /// Whether bytes could be a report: whether they begin as a JSON object does.
  public static func isLikely(_ start: some Sequence<UInt8>) -> Bool {
    start.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
  }

  /// Reads a report; throws `UnreadableFile` when it is none.
  public init(_ report: Data) throws(UnreadableFile) {
    let file: File = try decoded(report, schema: "slabscope.analyze/1")
    record = AnalysisRecord(
      leaks: file.findings.map(\.record),
      caches: file.caches.map { $0.record(pageSize: file.input.pageSize) })
  }

  private struct File: Decodable {
    struct Input: Decodable { let pageSize: Int }

    struct Finding: Decodable {
      let fingerprint: String
      let title: String
      let certainty: String
      let count: Int?
      let bytes: Int?

      var record: LeakRecord {
        LeakRecord(
          fingerprint: fingerprint, title: title,
          certainty: Certainty(rawValue: certainty) ?? .hint, count: count, bytes: bytes)
      }
    }

    struct Cache: Decodable {
      let name: String
      let allocated: Int?
      let free: Int?
      let pending: Int?
      let indeterminate: Int?
      let bytes: Int?
      let absentPages: Int?

      func record(pageSize: Int) -> CacheRecord {
        let known = [allocated, free, pending, indeterminate].compactMap(\.self)
        let absent = absentPages?.multipliedReportingOverflow(by: pageSize)
        return CacheRecord(
          name: name, objects: known.isEmpty ? nil : known.reduce(0, &+),
          indeterminate: indeterminate, bytes: bytes,
          absentBytes: absent.flatMap { $0.overflow ? nil : $0.partialValue })
      }
    }

    let input: Input
    let findings: [Finding]
    let caches: [Cache]
  }
}

/// A list of leaks that are known and do not count, each with the reason.
public struct Suppressions: Sendable {
  /// The reason for each fingerprint.
  public let reasons: [String: String]

  /// Reads the schema `slabscope.suppressions/1`; throws `UnreadableFile` when the file is none.
  public init(_ file: Data) throws(UnreadableFile) {
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

private struct Heading: Decodable { let schema: String }

/// Decodes a document of a schema; what is wrong with it is told in words for its user.
private func decoded<File: Decodable>(
  _ data: Data, schema: String
) throws(UnreadableFile) -> File {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  do {
    let heading = try decoder.decode(Heading.self, from: data)
    guard heading.schema == schema else {
      throw UnreadableFile(reason: "is of schema \(heading.schema), not \(schema)")
    }
    return try decoder.decode(File.self, from: data)
  } catch let unreadable as UnreadableFile {
    throw unreadable
  } catch DecodingError.keyNotFound(let key, _) {
    throw UnreadableFile(reason: "is not of schema \(schema): it has no \(key.stringValue)")
  } catch {
    throw UnreadableFile(reason: "is not a JSON document of schema \(schema)")
  }
}

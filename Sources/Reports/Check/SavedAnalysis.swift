public import Analysis
public import Foundation

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
      caches: file.caches.map { $0.record(pageSize: file.input.pageSize) },
      isStopped: file.coverage?.stopped ?? false,
      unknownFrames: file.coverage?.unknownPageFrames ?? 0)
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

    struct Coverage: Decodable {
      let stopped: Bool?
      let unknownPageFrames: Int?
    }

    let input: Input
    let coverage: Coverage?
    let findings: [Finding]
    let caches: [Cache]
  }
}

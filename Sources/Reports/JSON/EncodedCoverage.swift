internal import Evidence

/// `coverage` in every schema: how much was seen.
struct EncodedCoverage: Encodable, Sendable {
  let slabPages: Int
  let absentSlabPages: Int
  /// The absent ones by condition, where the dump tells it.
  let absent: [EncodedInput.Pages]
  /// Page frames of which it is not known whether they are slabs.
  let unknownPageFrames: Int
  let complete: Bool
  /// Whether time was over before everything was done.
  let stopped: Bool
  let remarks: [String]

  init(_ coverage: Coverage) {
    slabPages = coverage.slabPages
    absentSlabPages = coverage.absentSlabPages
    absent = coverage.absences.map { .init(.init(condition: $0, pages: $1)) }
      .sorted { ($1.pages, $0.condition) < ($0.pages, $1.condition) }
    unknownPageFrames = coverage.unknownFrames
    complete = coverage.isComplete
    stopped = coverage.isStopped
    remarks = (coverage.headline.map { [$0] } ?? []) + coverage.remarks
  }
}

internal import Evidence

/// `coverage` in every schema: how much was seen.
struct EncodedCoverage: Encodable, Sendable {
  let slabPages: Int
  let absentSlabPages: Int
  let complete: Bool
  let remarks: [String]

  init(_ coverage: Coverage) {
    slabPages = coverage.slabPages
    absentSlabPages = coverage.absentSlabPages
    complete = coverage.isComplete
    remarks = (coverage.headline.map { [$0] } ?? []) + coverage.remarks
  }
}

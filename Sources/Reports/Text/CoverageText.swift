internal import Evidence

/// How much was seen, in words.
enum CoverageText {
  /// One sentence on the pages of the slabs.
  static func pages(_ subject: Subject) -> String {
    let coverage = subject.coverage
    guard coverage.slabPages > 0 else { return "No slab page was found." }
    guard coverage.absentSlabPages > 0 else {
      return "All \(coverage.slabPages.grouped) slab pages were read."
    }
    return "\(coverage.absentSlabPages.grouped) of \(coverage.slabPages.counted("slab page")) "
      + "cannot be read: what they hold is not known."
  }

  /// The remarks, a line each; nothing when there are none.
  static func remarks(_ subject: Subject) -> String {
    subject.coverage.remarks.map { "note: \($0.printable)\n" }.joined()
  }
}

internal import Evidence

/// How much was seen, in words.
enum CoverageText {
  /// One sentence on the pages of the slabs.
  static func pages(_ subject: Subject) -> String {
    let coverage = subject.coverage
    // Only text has counters beside the objects that it lists.
    if subject.counters.contains(where: { $0 != nil }) {
      guard coverage.slabPages > 0 else { return "The text lists no slab." }
      let shown = coverage.slabPages - coverage.absentSlabPages
      return
        "The text shows contents of \(shown.grouped) of the \(coverage.slabPages.grouped) slab "
        + "pages that it lists."
    }
    guard coverage.slabPages > 0 else { return "No slab page was found." }
    guard coverage.absentSlabPages > 0 else {
      return "All \(coverage.slabPages.grouped) slab pages are in the dump."
    }
    return "\(coverage.absentSlabPages.grouped) of \(coverage.slabPages.counted("slab page")) "
      + "cannot be read\(reasons(coverage)): what they hold is not known."
  }

  /// Why pages cannot be read, in parentheses, where it is known.
  private static func reasons(_ coverage: Coverage) -> String {
    coverage.absences.isEmpty ? "" : " (\(coverage.absences.listed))"
  }

  /// The remarks, a line each; nothing when there are none.
  static func remarks(_ subject: Subject) -> String {
    subject.coverage.remarks.map { "note: \($0.printable)\n" }.joined()
  }
}

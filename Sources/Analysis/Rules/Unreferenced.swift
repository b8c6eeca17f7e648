internal import ByteKit
internal import Evidence

/// How sure it is that nothing uses some objects, by a scan of all memory for references.
struct Unreferenced {
  private let count: Int
  /// How many of the objects any word refers to that is in none of them.
  let mentioned: Int
  private let coverage: ScanCoverage

  /// One object in as many may be mentioned without raising doubts: a word left from before, as in
  /// stacks or parts of objects that nobody wrote yet, names a few objects by chance, not all.
  private static let chance = 100

  /// Looks up objects, their slots ascending, in what a scan found of them and maybe others.
  init(_ slots: [UInt32], by references: References) {
    var mentioned = 0
    var next = 0
    for slot in slots {
      while next < references.slots.count, references.slots[next] < slot { next += 1 }
      guard next < references.slots.count, references.slots[next] == slot else { continue }
      let counts = references.counts[next]
      if counts.objects > 0 || counts.variables > 0 || counts.stale > 0 { mentioned += 1 }
    }
    self.mentioned = mentioned
    count = slots.count
    coverage = references.coverage
  }

  /// Whether nothing can be found that keeps the objects: all memory was looked at, and no more of
  /// them are mentioned than chance explains.
  var isDefinite: Bool { coverage.isComplete && isChance }

  private var isChance: Bool { mentioned * Self.chance < count }

  /// What the scan found, in a clause.
  var evidence: String {
    let memory = coverage.isComplete ? "all kernel memory" : "the kernel memory"
    let pages = coverage.scannedPages.counted("page")
    let missing = coverage.missingPages.counted("page")
    let rest =
      coverage.isComplete ? "" : ", but \(missing) that could hold references cannot be read"
    return "a scan of \(memory) in the dump (\(pages)) finds \(found)\(rest)"
  }

  private var found: String {
    guard mentioned > 0 else { return "nothing that refers to them" }
    return "words that refer to \(mentioned.grouped) of them"
      + (isChance ? ", so few that they may be left from before" : "")
  }
}

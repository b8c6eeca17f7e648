internal import ByteKit
internal import Evidence

/// How sure it is that nothing uses some objects, by a scan of all memory for references.
struct Unreferenced {
  private let count: Int
  /// How many of the objects something leads to.
  let mentioned: Int
  private let coverage: ScanCoverage

  /// Looks up what a scan found of some objects.
  init(_ slots: [UInt32], by reachability: Reachability) {
    mentioned = slots.count { !reachability.isLost($0) }
    count = slots.count
    coverage = reachability.coverage
  }

  /// Whether nothing can be found that keeps the objects: all memory was looked at, and no more of
  /// them are mentioned than chance explains.
  var isDefinite: Bool { coverage.isComplete && isChance }

  private var isChance: Bool { mentioned * GroupStanding.chance < count }

  /// What the scan found, in a clause.
  var evidence: String { "\(coverage.reach) finds \(found)\(coverage.limit)" }

  private var found: String {
    guard mentioned > 0 else { return "nothing that refers to them" }
    return "words that refer to \(mentioned.grouped) of them"
      + (isChance ? ", so few that they may be left from before" : "")
  }
}

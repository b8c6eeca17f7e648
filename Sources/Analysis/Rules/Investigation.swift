public import Evidence
internal import Memory

/// All that the analyses find out about one kernel.
public struct Investigation: Sendable {
  /// The groups of each cache, in the order of the census.
  public let groups: [CacheGroups]
  /// What the rules found: numbered, the worst first.
  ///
  /// Findings that are at least probable come first, by their bytes, then the others by how sure
  /// they are. Of what is possible, known ways to leak come before objects that merely look alike,
  /// and of these the ones that name a module first.
  public let findings: [Finding]
  /// How much was seen, with what only reading the objects could tell.
  public let coverage: Coverage

  /// Groups the objects of a kernel and applies all rules to it, and a user's patterns.
  ///
  /// Where a `TimeLimit` holds, what is not done by its end is left out, and `coverage` says so.
  public init(
    of subject: Subject, patterns: [UserPattern] = [], sampling: Sampling = .standard
  ) async {
    groups = await CacheGrouping.groups(in: subject, sampling: sampling)
    var undone: [String] = []
    findings = await Self.findings(
      in: subject, groups: groups, patterns: patterns, undone: &undone)
    var coverage = subject.coverage.adding(groups).limited(groups, undone: undone, in: subject)
    coverage.remarks += patterns.flatMap { $0.remarks(in: subject) }
    self.coverage = coverage
  }

  /// Takes groups and what was found in them, which is put in order and numbered here.
  public init(groups: [CacheGroups], findings: [Finding], coverage: Coverage) {
    self.groups = groups
    self.coverage = coverage.adding(groups)
    self.findings = Self.numbered(findings)
  }

  /// What the rules and patterns find in objects that are grouped already.
  public static func findings(
    in subject: Subject, groups: [CacheGroups], patterns: [UserPattern] = []
  ) async -> [Finding] {
    var undone: [String] = []
    return await findings(in: subject, groups: groups, patterns: patterns, undone: &undone)
  }

  private static func findings(
    in subject: Subject, groups: [CacheGroups], patterns: [UserPattern], undone: inout [String]
  ) async -> [Finding] {
    let groups = await reached(groups, in: subject, undone: &undone)
    var subject = await audited(subject, undone: &undone)
    if let reachability = groups.lazy.compactMap(\.reachability).first {
      subject.lostWithOvercounts = reachability.lostFollowers(
        of: Set(subject.overcounts.flatMap { $0.slots + $0.kept }))
    }
    let own = patterns.flatMap { UserPatternRule($0).findings(in: subject, groups: groups) }
    // Who wrote a pattern knows better what the objects are than a rule for objects of any kind.
    let known = Set(own.flatMap(\.groups).map(\.template))
    var findings = own
    for rule in RuleCatalogue.all {
      findings += await rule.findings(in: subject, groups: groups).filter { finding in
        !rule.isForAnyObjects || finding.groups.isEmpty
          || !finding.groups.allSatisfy { known.contains($0.template) }
      }
    }
    return numbered(
      findings.map {
        $0.withAllocations(in: subject).withCharges(in: subject).bounded(by: groups, in: subject)
      })
  }

  /// The groups with what leads to their objects, where the evidence can tell.
  private static func reached(
    _ groups: [CacheGroups], in subject: Subject, undone: inout [String]
  ) async -> [CacheGroups] {
    let slots = followed(groups, in: subject.census)
    guard let references = subject.references, !slots.isEmpty || TimeLimit.isOver else {
      return groups
    }
    let reachability = await (TimeLimit.isOver ? nil : references.reachability(of: slots))
    // Half a scan tells nothing: what refers to an object may be in the other half.
    guard let reachability, !TimeLimit.isOver else {
      undone.append("whether anything refers to the objects was not looked for in memory")
      return groups
    }
    return groups.map { groups in
      var groups = groups
      groups.reachability = reachability
      return groups
    }
  }

  /// The objects that are followed: those in groups, and all others of caches that were sampled,
  /// through which these may be referred to, unless they are too many.
  private static func followed(_ groups: [CacheGroups], in census: Census) -> [UInt32] {
    var slots = groups.flatMap { $0.groups.flatMap(\.slots) }
    for cache in groups {
      guard let sample = cache.sample, sample.of <= mostFollowed else { continue }
      for slab in census.slabsOfCache[cache.cache].lazy.map({ census.slabs[$0] }) {
        for slot in slab.firstSlot..<(slab.firstSlot + Int(slab.slots))
        where census.stateKind(of: slot) == .allocated {
          slots.append(UInt32(truncatingIfNeeded: slot))
        }
      }
    }
    return slots
  }

  /// Of a larger cache, what its objects refer to is in use: that takes no memory.
  private static let mostFollowed = 1 << 25

  /// The kernel with what its reference counts tell.
  private static func audited(_ subject: Subject, undone: inout [String]) async -> Subject {
    var audited = subject
    if !TimeLimit.isOver {
      audited.overcounts = await subject.audit?.overcounts() ?? []
      audited.routeSurpluses = await subject.routes?.surpluses() ?? []
    }
    guard TimeLimit.isOver, subject.audit != nil || subject.routes != nil else { return audited }
    undone.append("reference counts were not compared with their holders")
    return subject
  }

  private static func numbered(_ findings: [Finding]) -> [Finding] {
    findings.sorted { Rank($0) < Rank($1) }.enumerated().map { number, finding in
      var finding = finding
      finding.id = "F\(number + 1)"
      return finding
    }
  }

  /// What findings are sorted by; the last part makes the order of equals that of no accident.
  private struct Rank: Comparable {
    let tier: Int
    let vagueness: Int
    let bytes: Int
    let key: String

    init(_ finding: Finding) {
      tier =
        switch finding.certainty {
        case .proven, .definite, .probable: 0
        case .possible: 1
        case .hint: 2
        }
      vagueness =
        tier != 1 || finding.isKnownPattern ? 0 : finding.module != nil ? 1 : 2
      bytes = finding.bytesAtStake ?? finding.bytes ?? 0
      key = "\(finding.fingerprint) \(finding.cache?.description ?? "") \(finding.title)"
    }

    static func < (one: Rank, other: Rank) -> Bool {
      (one.tier, one.vagueness, -one.bytes, one.key)
        < (other.tier, other.vagueness, -other.bytes, other.key)
    }
  }
}

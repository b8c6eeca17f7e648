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
  public init(of subject: Subject, patterns: [UserPattern] = []) async {
    groups = await CacheGrouping.groups(in: subject)
    findings = await Self.findings(in: subject, groups: groups, patterns: patterns)
    coverage = subject.coverage.adding(groups)
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
    let groups = await reached(groups, in: subject)
    var subject = subject
    subject.overcounts = await subject.audit?.overcounts() ?? []
    subject.routeSurpluses = await subject.routes?.surpluses() ?? []
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
    _ groups: [CacheGroups], in subject: Subject
  ) async -> [CacheGroups] {
    let slots = groups.flatMap { $0.groups.flatMap(\.slots) }
    guard !slots.isEmpty,
      let reachability = await subject.references?.reachability(of: slots)
    else { return groups }
    return groups.map { groups in
      var groups = groups
      groups.reachability = reachability
      return groups
    }
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

internal import Evidence

/// What an analysis has that its baseline has not: which leaks are new or have grown, and which
/// caches were seen less well.
public struct Comparison: Hashable, Sendable {
  /// What counts as a difference.
  public struct Limits: Hashable, Sendable {
    /// By how much of the baseline's count a leak may grow: 0.1 for a tenth.
    public var tolerance: Double
    /// New leaks of fewer bytes, and growth by fewer bytes, do not count.
    public var smallestBytes: Int
    /// For each fingerprint that does not count, why.
    public var suppressed: [String: String]

    /// Describes what counts; by default everything does.
    public init(tolerance: Double = 0, smallestBytes: Int = 0, suppressed: [String: String] = [:]) {
      self.tolerance = tolerance
      self.smallestBytes = smallestBytes
      self.suppressed = suppressed
    }
  }

  /// How a leak compares with the baseline.
  public enum Standing: String, Hashable, Sendable {
    /// The baseline does not have it.
    case new
    /// There is more of it than is tolerated.
    case grown
    /// It, or how much of it there is, cannot be compared.
    case undetermined
    /// The baseline has it, and about as much or more of it.
    case known
    /// It is new or has grown, but by too little to count.
    case small
    /// It is but a hint, which does not count.
    case hint
    /// A suppression says why it does not count.
    case suppressed
  }

  /// A leak and what the baseline has of it.
  public struct Row: Hashable, Sendable {
    /// The leak.
    public let leak: LeakRecord
    /// The same leak in the baseline, if it is there.
    public let before: LeakRecord?
    /// How the two compare.
    public let standing: Standing
  }

  /// A cache that was seen less well than in the baseline.
  public struct Blindness: Hashable, Sendable {
    /// The cache's name.
    public let cache: String
    /// What was seen of it less well, in one clause.
    public let summary: String
  }

  /// The end of a comparison.
  public enum Outcome: String, Hashable, Sendable {
    /// A leak is new or has grown.
    case leaks
    /// No such leak was seen, but less was seen than in the baseline.
    case undetermined
    /// No leak is new or has grown.
    case passed
  }

  /// The leaks, in the order of the report.
  public let rows: [Row]
  /// The leaks of the baseline that are no more.
  public let gone: [LeakRecord]
  /// The caches that were seen less well.
  public let blindness: [Blindness]

  /// Compares an analysis with its baseline.
  public init(_ now: AnalysisRecord, with baseline: AnalysisRecord, limits: Limits) {
    let before = Dictionary(baseline.leaks.map { ($0.fingerprint, $0) }) { first, _ in first }
    let blindness = Self.blindness(now, baseline)
    rows = now.leaks.map { leak in
      let known = before[leak.fingerprint]
      var standing = Self.standing(
        of: leak, before: known, limits, isKnownAbsent: !baseline.isStopped)
      // What refers to the objects may be in what was not seen.
      if [.new, .grown].contains(standing), leak.certainty == .possible, !blindness.isEmpty {
        standing = .undetermined
      }
      return Row(leak: leak, before: known, standing: standing)
    }
    let seen = Set(now.leaks.map(\.fingerprint))
    gone = baseline.leaks.filter { !seen.contains($0.fingerprint) }
    self.blindness = blindness
  }

  /// What the comparison comes to; a leak that was seen counts more than what was not seen.
  public var outcome: Outcome {
    let standings = Set(rows.map(\.standing))
    if !standings.isDisjoint(with: [.new, .grown]) { return .leaks }
    return blindness.isEmpty && !standings.contains(.undetermined) ? .passed : .undetermined
  }

  /// What a baseline does not have that was stopped early may have been there.
  private static func standing(
    of leak: LeakRecord, before: LeakRecord?, _ limits: Limits, isKnownAbsent: Bool
  ) -> Standing {
    if leak.certainty == .hint { return .hint }
    if limits.suppressed[leak.fingerprint] != nil { return .suppressed }
    guard let before else {
      if leak.bytes.map({ $0 < limits.smallestBytes }) ?? false { return .small }
      return isKnownAbsent ? .new : .undetermined
    }
    let measures = [(leak.count, before.count), (leak.bytes, before.bytes)]
    for case (let now?, let then?) in measures {
      guard Double(now) > Double(then) * (1 + limits.tolerance) else { return .known }
      guard let bytes = leak.bytes, let bytesBefore = before.bytes else { return .grown }
      return bytes.subtractingReportingOverflow(bytesBefore).partialValue < limits.smallestBytes
        ? .small : .grown
    }
    // Neither was ever counted: that it is there is all that both know.
    return measures.contains { $0.0 != nil || $0.1 != nil } ? .undetermined : .known
  }

  private static func blindness(
    _ now: AnalysisRecord, _ baseline: AnalysisRecord
  ) -> [Blindness] {
    guard !now.caches.isEmpty || baseline.caches.isEmpty else {
      return [Blindness(cache: everyCache, summary: "the slab caches could not be found")]
    }
    var found: [Blindness] = []
    if now.isStopped {
      found.append(
        Blindness(cache: everyCache, summary: "time was over before all was looked at"))
    }
    if now.unknownFrames > baseline.unknownFrames {
      found.append(
        Blindness(
          cache: everyCache,
          summary: "of \(now.unknownFrames.counted("page")) it is not known whether they are "
            + "slabs, of \(baseline.unknownFrames.grouped) in the baseline"))
    }
    // Names repeat: the caches of a name are one.
    let groups = Dictionary(grouping: baseline.caches, by: \.name).mapValues { Sight($0) }
    var done: Set<String> = []
    return found
      + now.caches.compactMap { cache in
        guard let then = groups[cache.name], done.insert(cache.name).inserted else { return nil }
        let sight = Sight(now.caches.filter { $0.name == cache.name })
        return sight.worse(than: then).map { Blindness(cache: cache.name, summary: $0) }
      }
  }

  private static let everyCache = "all caches"

  /// How well all caches of one name were seen.
  private struct Sight {
    /// Whether one of them could not be walked.
    let isUnknown: Bool
    /// The part of their memory that cannot be read.
    let absent: Double
    /// The part of their objects of which it is not known whether they are allocated.
    let indeterminate: Double

    init(_ caches: [CacheRecord]) {
      isUnknown = caches.contains { $0.objects == nil }
      absent = Self.share(caches.map(\.absentBytes), of: caches.map(\.bytes))
      indeterminate = Self.share(caches.map(\.indeterminate), of: caches.map(\.objects))
    }

    private static func share(_ parts: [Int?], of wholes: [Int?]) -> Double {
      let whole = wholes.reduce(0.0) { $0 + Double($1 ?? 0) }
      // Numbers that a file claims can be anything.
      return whole > 0 ? min(1, max(0, parts.reduce(0.0) { $0 + Double($1 ?? 0) } / whole)) : 0
    }

    /// What is worse, in one clause, or nil when nothing is.
    func worse(than other: Sight) -> String? {
      if isUnknown, !other.isUnknown { return "it could not be walked" }
      if absent > other.absent {
        return "\(Self.percent(absent)) of its memory cannot be read, "
          + "\(Self.percent(other.absent)) in the baseline"
      }
      if indeterminate > other.indeterminate {
        return "of \(Self.percent(indeterminate)) of its objects it is not known whether they are "
          + "allocated, of \(Self.percent(other.indeterminate)) in the baseline"
      }
      return nil
    }

    private static func percent(_ share: Double) -> String {
      let tenths = Int((share * 1000).rounded(.up))
      return "\(tenths / 10).\(tenths % 10) %"
    }
  }
}

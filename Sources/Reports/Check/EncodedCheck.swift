internal import Analysis

/// The schema `slabscope.check/1`.
struct EncodedCheck: Encodable, Sendable {
  /// A leak, and what the baseline has of it.
  struct Leak: Encodable, Sendable {
    let standing: String
    let fingerprint: String
    let title: String
    let certainty: String
    @OrNull var count: Int?
    @OrNull var bytes: Int?
    @OrNull var baselineCount: Int?
    @OrNull var baselineBytes: Int?
    /// Why it does not count, if somebody said so.
    @OrNull var reason: String?
  }

  /// A leak of the baseline that is no more.
  struct Gone: Encodable, Sendable {
    let fingerprint: String
    let title: String
    @OrNull var count: Int?
    @OrNull var bytes: Int?
  }

  /// A cache that was seen less well than in the baseline.
  struct Blindness: Encodable, Sendable {
    let cache: String
    let summary: String
  }

  let schema = "slabscope.check/1"
  let outcome: String
  let tolerance: Double
  let minBytes: Int
  let leaks: [Leak]
  let gone: [Gone]
  let coverage: [Blindness]

  init(_ comparison: Comparison, limits: Comparison.Limits) {
    outcome = comparison.outcome.rawValue
    tolerance = limits.tolerance
    minBytes = limits.smallestBytes
    leaks = comparison.rows.map { row in
      Leak(
        standing: row.standing.rawValue, fingerprint: row.leak.fingerprint, title: row.leak.title,
        certainty: row.leak.certainty.rawValue, count: row.leak.count, bytes: row.leak.bytes,
        baselineCount: row.before?.count, baselineBytes: row.before?.bytes,
        reason: limits.suppressed[row.leak.fingerprint])
    }
    gone = comparison.gone.map {
      Gone(fingerprint: $0.fingerprint, title: $0.title, count: $0.count, bytes: $0.bytes)
    }
    coverage = comparison.blindness.map { Blindness(cache: $0.cache, summary: $0.summary) }
  }
}

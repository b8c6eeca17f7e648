internal import Analysis
internal import Memory

extension [Finding] {
  /// The findings with the worst first, numbered `F1`, `F2`, … in that order.
  ///
  /// Those that are at least probable come first, by their bytes; then the rest, the surer before
  /// the less sure, by their bytes.
  func rankedAndNumbered() -> [Finding] {
    sorted { $0.rank.precedes($1.rank) }.enumerated().map { number, finding in
      var finding = finding
      finding.id = "F\(number + 1)"
      return finding
    }
  }
}

extension Finding {
  /// What findings are sorted by; the fingerprint and cache make the order that of no accident.
  fileprivate struct Rank {
    let tier: Int
    let bytes: Int
    let key: String

    func precedes(_ other: Rank) -> Bool {
      (tier, -bytes, key) < (other.tier, -other.bytes, other.key)
    }
  }

  fileprivate var rank: Rank {
    let tier =
      switch certainty {
      case .proven, .definite, .probable: 0
      case .possible: 1
      case .hint: 2
      }
    return Rank(
      tier: tier, bytes: Swift.max(0, bytes ?? 0),
      key: "\(fingerprint) \(cache?.description ?? "") \(title)")
  }
}

public import Analysis
internal import Evidence

/// What leaks more than in the baseline.
public struct CheckReport: Report {
  private let comparison: Comparison
  private let limits: Comparison.Limits

  /// A report on a comparison that was made with these limits.
  public init(_ comparison: Comparison, limits: Comparison.Limits) {
    self.comparison = comparison
    self.limits = limits
  }

  /// What the comparison comes to.
  public var outcome: Comparison.Outcome { comparison.outcome }

  /// The schema `slabscope.check/1`.
  public func json() throws -> String {
    try EncodedCheck(comparison, limits: limits).jsonDocument()
  }

  /// One sentence on what the comparison comes to.
  public var sentence: String {
    let new = comparison.rows.count { $0.standing == .new }
    let grown = comparison.rows.count { $0.standing == .grown }
    return switch comparison.outcome {
    case .leaks:
      [(new, "new"), (grown, "grown")].filter { $0.0 > 0 }
        .map { "\($0.0.grouped) \($0.1)" }.joined(separator: " and ")
        + " \(new + grown == 1 ? "leak" : "leaks")"
    case .undetermined:
      comparison.blindness.first.map {
        "no new leak was seen, but less was seen than in the baseline: \($0.cache): \($0.summary)"
          + more(comparison.blindness.count - 1)
      } ?? "no new leak was seen, but some cannot be compared with the baseline"
    case .passed: "nothing leaks that the baseline does not have"
    }
  }

  private func more(_ count: Int) -> String {
    count == 0 ? "" : ", and \(count.counted("more cache", "more caches"))"
  }

  /// The sentence, then the leaks that count, those that do not and why, and what was not seen.
  public func text(style: TextStyle) -> String {
    var text = style.strong(sentence.firstUppercased + ".") + "\n"
    for row in comparison.rows {
      text += "\(row.standing.rawValue): \(row.leak.title.printable)"
      text += "  \(style.label(row.leak.certainty))\(change(row))\n"
      text += "    fingerprint \(row.leak.fingerprint.printable)"
      text += limits.suppressed[row.leak.fingerprint].map { ": \($0.printable)" } ?? ""
      text += "\n"
    }
    let gone = comparison.blindness.isEmpty ? "gone" : "not seen"
    for leak in comparison.gone { text += "\(gone): \(leak.title.printable)\n" }
    for blind in comparison.blindness {
      text += "seen less well: \(blind.cache.printable): \(blind.summary)\n"
    }
    return text
  }

  private func change(_ row: Comparison.Row) -> String {
    guard let before = row.before else { return "" }
    if let now = row.leak.count, let then = before.count {
      return now == then ? "" : ", \(then.grouped) in the baseline"
    }
    guard let then = before.bytes, row.leak.bytes != then else { return "" }
    return ", \(then.byteSize) in the baseline"
  }
}

extension String {
  fileprivate var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}

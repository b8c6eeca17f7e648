public import Evidence

/// Tells what differs between two snapshots, or between two machines.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct GrowthBetweenSnapshots: Rule {
  private static let fewestBytes = 4 << 20
  private static let mostTold = 5

  /// Makes the rule.
  public init() {}

  /// `grown-between-snapshots`.
  public let name = "grown-between-snapshots"

  /// One line for the catalogue.
  public let summary = "what grew from one snapshot to the next, or differs between two machines"

  /// The manual.
  public let manual = """
    Two texts with the same counters, from two times or from a healthy and a sick machine, are
    compared: the first with the last, caches by name and the parts of /proc/meminfo. What has grown
    by at least 4 MiB and by half is told, the largest first.

    It is possible at most: load differs, too. A third snapshot tells a leak, which goes on, from a
    cache, which fills up.
    """

  /// A finding for each cache, and one for each part of memory, that grew.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    Array((caches(in: subject) + accounts(in: subject)).prefix(Self.mostTold))
  }

  /// Something that was `before` bytes and is `after`.
  private struct Growth {
    let name: String
    let before: Int
    let after: Int
    var bytes: Int { after - before }
    var isRemarkable: Bool { bytes >= fewestBytes && bytes >= before / 2 }
  }

  private func caches(in subject: Subject) -> [Finding] {
    guard let first = subject.snapshots.first, let last = subject.snapshots.last,
      subject.snapshots.count > 1
    else { return [] }
    let before = Dictionary(first.caches.map { ($0.name, $0) }) { one, _ in one }
    let grown = last.caches.compactMap { entry -> (Growth, Int)? in
      // A text may show a few rows of a table: what is missing is not known to be zero.
      guard let old = before[entry.name] else { return nil }
      let now = entry.allocated.multipliedReportingOverflow(by: entry.objectSize)
      let then = old.allocated.multipliedReportingOverflow(by: entry.objectSize)
      guard !now.overflow, !then.overflow else { return nil }
      let growth = Growth(name: entry.name, before: then.partialValue, after: now.partialValue)
      return growth.isRemarkable ? (growth, entry.allocated - old.allocated) : nil
    }
    return grown.sorted { ($1.0.bytes, $0.0.name) < ($0.0.bytes, $1.0.name) }.map { growth, count in
      finding(
        growth, count: count, cache: growth.name,
        title: "\(growth.name) has \(count.counted("object")) (\(growth.bytes.byteSize)) more in "
          + "\(last.source) than in \(first.source)")
    }
  }

  private func accounts(in subject: Subject) -> [Finding] {
    guard let last = subject.accounts.last,
      let first = subject.accounts.first(where: { $0.isComparable(with: last) }),
      first.source != last.source
    else { return [] }
    let before = Dictionary(first.parts.map { ($0.id, $0.bytes) }) { one, _ in one }
    var grown = last.parts.filter { $0.id != "free" }.compactMap { part -> Growth? in
      guard let now = part.bytes, let then = before[part.id] ?? nil else { return nil }
      return Growth(name: part.id.replacing("_", with: " "), before: then, after: now)
    }
    if let now = last.unexplained, let then = first.unexplained {
      grown.append(Growth(name: "what no counter covers", before: max(0, then), after: now))
    }
    return grown.filter(\.isRemarkable).sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }.map {
      finding(
        $0, count: nil, cache: nil,
        title: "\($0.name) is larger by \($0.bytes.byteSize) in \(last.source) than in "
          + "\(first.source)")
    }
  }

  private func finding(_ growth: Growth, count: Int?, cache: String?, title: String) -> Finding {
    Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, parts: [growth.name]), title: title,
      certainty: .possible, cache: nil, cacheName: cache, type: nil, count: count,
      bytes: growth.bytes, module: nil, symbols: [],
      evidence: ["\(growth.before.byteSize) before, \(growth.after.byteSize) after"],
      verify: cache.map { [Verification(tool: "crash", command: "kmem -s \($0)")] } ?? [])
  }
}

extension MemoryAccount {
  /// Whether two accounts have the same parts, so that their differences mean something.
  fileprivate func isComparable(with other: MemoryAccount) -> Bool {
    Set(parts.map(\.id)) == Set(other.parts.map(\.id))
  }
}

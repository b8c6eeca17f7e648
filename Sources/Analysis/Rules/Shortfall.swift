public import Evidence

/// Why a slab cache may have more objects of a kind than were counted: what of it was not seen.
public struct Shortfall: Hashable, Sendable {
  /// The allocated objects that cannot be read.
  public let unread: Int
  /// The allocated objects that were not looked at: time was over.
  public let skipped: Int
  /// The objects of which it is not known whether they are allocated.
  public let indeterminate: Int
  /// The page frames of which it is not known whether they are slabs of any cache.
  public let unknownFrames: Int

  /// Looks at what is known of a cache; nil when all of it was seen, and for a saved text, which
  /// tells of itself what it shows.
  public init?(of groups: CacheGroups, in subject: Subject) {
    guard subject.counters.isEmpty else { return nil }
    unread = groups.unread
    let counts = subject.census.counts[groups.cache]
    skipped = (groups.sample?.objects ?? counts.allocated) - groups.grouped - groups.unread
    indeterminate = counts.indeterminate
    unknownFrames = subject.coverage.unknownFrames
    guard unread > 0 || skipped > 0 || indeterminate > 0 || unknownFrames > 0 else { return nil }
  }

  /// What was not seen, in a clause about the cache.
  func reason(_ cache: String) -> String {
    var parts: [String] = []
    if unread > 0 {
      parts.append("\(unread.counted("allocated object")) of \(cache) cannot be read")
    }
    if skipped > 0 {
      parts.append("\(skipped.counted("allocated object")) of \(cache) were not looked at")
    }
    if indeterminate > 0 {
      parts.append(
        "of \(indeterminate.grouped) in \(cache) it is not known whether they are allocated")
    }
    if unknownFrames > 0 {
      parts.append(
        "of \(unknownFrames.counted("page frame")) it is not known whether they are slabs")
    }
    return parts.joined(separator: ", ")
  }
}

extension Finding {
  /// The same as a lower bound, where the dump lacks what more such objects may be in.
  func bounded(by groups: [CacheGroups], in subject: Subject) -> Finding {
    let census = subject.census
    let touched = groups.filter { cache in
      self.cache == census.caches[cache.cache].address
        || self.groups.contains { $0.cache == cache.cache }
    }
    var finding = self
    let seen = self.groups.reduce(0) { $0 + $1.slots.count }
    let sample = self.groups.first?.sample
    if let sample, count == Amount(seen: seen, in: sample).count {
      finding.sample = sample
      finding.evidence.insert(
        "how many there are is an estimate: \(sample.words), were read", at: min(1, evidence.count))
    }
    let reasons = touched.compactMap { cache in
      let name = census.caches[cache.cache].name
      if let reason = Shortfall(of: cache, in: subject)?.reason(name) { return reason }
      // Who does not count groups may have seen no more than what was read.
      return finding.sample == nil ? cache.sample.map { "of \(name), \($0.words), were read" } : nil
    }
    guard !reasons.isEmpty, count != nil else { return finding }
    finding.isAtLeast = true
    finding.title = "at least " + title
    finding.evidence.insert(
      "there may be more: " + reasons.joined(separator: "; "), at: min(1, evidence.count))
    return finding
  }
}

extension Coverage {
  /// The same with the pages that turned out to be corrupt when objects were read.
  public func adding(_ groups: [CacheGroups]) -> Coverage {
    var coverage = self
    for cache in groups where cache.corruptPages > 0 {
      if coverage.absentPages.indices.contains(cache.cache) {
        coverage.absentPages[cache.cache] += cache.corruptPages
      }
      coverage.absences[.corruptContents, default: 0] += cache.corruptPages
    }
    let corrupt = groups.reduce(0) { $0 + $1.corruptPages }
    if corrupt > 0 {
      coverage.remarks.append(
        "\(corrupt.counted("slab page")) are corrupt: \(PageCondition.corruptionAdvice)")
    }
    return coverage
  }
}

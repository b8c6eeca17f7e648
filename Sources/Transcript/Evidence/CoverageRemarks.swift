import Evidence

/// States how much of what the counters count a text shows.
struct CoverageRemarks {
  /// The sentences, what limits the answers most first.
  private(set) var sentences: [String] = []
  /// What limits all answers: that crash lists next to none of a SLUB cache's objects.
  private(set) var headline: String?

  init(
    _ facts: SessionFacts, _ census: Census, _ caches: [CacheEntry],
    _ coverage: [SessionEvidence.CacheCoverage]
  ) {
    let largestFirst = coverage.sorted {
      (caches[$1.cache].row.allocated ?? 0, $0.cache)
        < (caches[$0.cache].row.allocated ?? 0, $1.cache)
    }
    for entry in largestFirst.prefix(8) {
      let cache = caches[entry.cache]
      if headline == nil, sentences.isEmpty, isCutShort(entry, cache, facts) {
        headline = Self.headline(entry, cache)
      } else {
        sentences.append(sentence(entry, cache))
      }
    }
    if largestFirst.count > 8 {
      sentences.append("objects of \((largestFirst.count - 8).counted("more cache")) are listed")
    }
    if facts.caches.isEmpty, facts.banner.release == nil,
      let failure = facts.errors.last(where: { $0.command == "crash" })
    {
      headline = "crash could not open the dump: \(failure.message)"
    }
    if coverage.isEmpty, !facts.caches.isEmpty {
      sentences.append("no object is listed in this text: only what crash counted is known")
    }
  }

  /// Whether crash did not list the objects of a cache's full slabs.
  private func isCutShort(
    _ entry: SessionEvidence.CacheCoverage, _ cache: CacheEntry, _ facts: SessionFacts
  ) -> Bool {
    facts.hasUntrackedSlabs && cache.isNamed && entry.listed < cache.row.allocated ?? 0
  }

  private static func headline(
    _ entry: SessionEvidence.CacheCoverage, _ cache: CacheEntry
  ) -> String {
    let allocated = cache.row.allocated ?? 0
    return "crash listed \(entry.listed.grouped) of \(allocated.counted("allocated object")) of "
      + "\(cache.row.name), as it does not follow SLUB's full slabs; \(content(entry)). slabscope "
      + "ask prints the commands that show the others"
  }

  private func sentence(
    _ entry: SessionEvidence.CacheCoverage, _ cache: CacheEntry
  ) -> String {
    guard cache.isNamed else {
      return "\(entry.listed.counted("allocated object")) of a cache that is not shown; "
        + Self.content(entry)
    }
    let name = cache.row.name
    guard let allocated = cache.row.allocated else {
      return "\(entry.listed.counted("allocated object")) of \(name) in this text; "
        + Self.content(entry)
    }
    return "\(entry.listed.grouped) of \(allocated.counted("allocated object")) of \(name) are in "
      + "this text; \(Self.content(entry))"
  }

  private static func content(_ entry: SessionEvidence.CacheCoverage) -> String {
    "the content of \(entry.known == 0 ? "none" : entry.known.grouped) is known"
  }
}

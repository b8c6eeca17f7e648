internal import Evidence

extension Coverage {
  /// The same with the caches of which a sample was read, and, where time was over, with what was
  /// left out of groups and what else was not done.
  func limited(_ groups: [CacheGroups], undone: [String], in subject: Subject) -> Coverage {
    var coverage = self
    coverage.remarks += groups.compactMap { cache in
      cache.sample.map { sample in
        "\(subject.census.caches[cache.cache].name) was grouped from a sample: \(sample.words) "
          + "(seed \(String(sample.seed, radix: 16)), of the build ID); --full reads all"
      }
    }
    guard let limit = TimeLimit.current else { return coverage }
    let skipped = groups.compactMap { Shortfall(of: $0, in: subject)?.skipped }.filter { $0 > 0 }
    var undone = undone
    if !skipped.isEmpty {
      undone.insert(
        "\(skipped.reduce(0, +).counted("object")) of \(skipped.count.counted("cache")) were not "
          + "grouped", at: 0)
    }
    coverage.remarks += undone.map { "time was over: \($0)" }
    coverage.isStopped = isStopped || !undone.isEmpty
    if coverage.isStopped {
      coverage.headline = "Stopped after \(limit.words): this is not all that could be found."
    }
    return coverage
  }
}

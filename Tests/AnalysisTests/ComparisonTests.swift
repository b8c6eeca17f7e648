import Analysis
import Testing

@Suite("Comparison with a baseline")
struct ComparisonTests {
  private static func leak(
    _ fingerprint: String, count: Int? = 100, bytes: Int? = 3200,
    certainty: Certainty = .definite
  ) -> LeakRecord {
    LeakRecord(
      fingerprint: fingerprint, title: "\(fingerprint) leaks", certainty: certainty, count: count,
      bytes: bytes)
  }

  private static func cache(
    _ name: String = "kmalloc-32", objects: Int? = 128, indeterminate: Int? = 0,
    bytes: Int? = 4096, absentBytes: Int? = 0
  ) -> CacheRecord {
    CacheRecord(
      name: name, objects: objects, indeterminate: indeterminate, bytes: bytes,
      absentBytes: absentBytes)
  }

  private func comparison(
    _ now: [LeakRecord], with before: [LeakRecord], _ limits: Comparison.Limits = .init()
  ) -> Comparison {
    Comparison(
      AnalysisRecord(leaks: now, caches: [Self.cache()]),
      with: AnalysisRecord(leaks: before, caches: [Self.cache()]), limits: limits)
  }

  private func outcome(
    _ now: CacheRecord..., before: CacheRecord..., leaks: [LeakRecord] = []
  ) -> Comparison.Outcome {
    Comparison(
      AnalysisRecord(leaks: leaks, caches: now), with: AnalysisRecord(leaks: [], caches: before),
      limits: .init()
    ).outcome
  }

  @Test("the same leak passes, and so does less of it")
  func known() {
    #expect(comparison([Self.leak("a")], with: [Self.leak("a")]).outcome == .passed)
    let less = comparison([Self.leak("a", count: 99)], with: [Self.leak("a")])
    #expect(less.rows.map(\.standing) == [.known])
  }

  @Test("a leak that the baseline does not have fails")
  func new() {
    let comparison = comparison([Self.leak("a"), Self.leak("b")], with: [Self.leak("a")])
    #expect(comparison.rows.map(\.standing) == [.known, .new])
    #expect(comparison.outcome == .leaks)
  }

  @Test("an analysis that was stopped never passes, and a leak in it still fails")
  func stopped() {
    func outcome(_ leaks: [LeakRecord]) -> Comparison.Outcome {
      Comparison(
        AnalysisRecord(leaks: leaks, caches: [Self.cache()], isStopped: true),
        with: AnalysisRecord(leaks: [Self.leak("a")], caches: [Self.cache()]), limits: .init()
      ).outcome
    }
    #expect(outcome([Self.leak("a")]) == .undetermined)
    #expect(outcome([Self.leak("b")]) == .leaks)
  }

  @Test("what a baseline lacks that was stopped may have been there, but growth is growth")
  func stoppedBaseline() {
    let now = [Self.leak("a", count: 200, bytes: 6400), Self.leak("b")]
    let comparison = Comparison(
      AnalysisRecord(leaks: now, caches: [Self.cache()]),
      with: AnalysisRecord(leaks: [Self.leak("a")], caches: [Self.cache()], isStopped: true),
      limits: .init())
    #expect(comparison.rows.map(\.standing) == [.grown, .undetermined])
  }

  @Test("five more of a hundred fail, but not where a tenth more is tolerated")
  func tolerance() {
    let now = [Self.leak("a", count: 105, bytes: 3360)]
    #expect(comparison(now, with: [Self.leak("a")]).outcome == .leaks)
    #expect(
      comparison(now, with: [Self.leak("a")], .init(tolerance: 0.1)).outcome == .passed)
    let more = [Self.leak("a", count: 111, bytes: 3552)]
    #expect(comparison(more, with: [Self.leak("a")], .init(tolerance: 0.1)).outcome == .leaks)
  }

  @Test("new leaks and growth of few bytes do not count")
  func smallestBytes() {
    let now = [Self.leak("a", count: 105, bytes: 3360), Self.leak("b", count: 1, bytes: 32)]
    let rows = comparison(now, with: [Self.leak("a")], .init(smallestBytes: 161)).rows
    #expect(rows.map(\.standing) == [.small, .small])
    let counted = comparison(now, with: [Self.leak("a")], .init(smallestBytes: 160)).rows
    #expect(counted.map(\.standing) == [.grown, .small])
  }

  @Test("what may be lost because less was seen is neither new nor grown, but undetermined")
  func possible() {
    let now = [Self.leak("a", count: 101, bytes: 3232), Self.leak("b")].map {
      LeakRecord(
        fingerprint: $0.fingerprint, title: $0.title, certainty: .possible, count: $0.count,
        bytes: $0.bytes)
    }
    func comparison(absentBytes: Int) -> Comparison {
      Comparison(
        AnalysisRecord(leaks: now, caches: [Self.cache(absentBytes: absentBytes)]),
        with: AnalysisRecord(leaks: [Self.leak("a")], caches: [Self.cache()]), limits: .init())
    }
    #expect(comparison(absentBytes: 4096).rows.map(\.standing) == [.undetermined, .undetermined])
    #expect(comparison(absentBytes: 4096).outcome == .undetermined)
    #expect(comparison(absentBytes: 0).rows.map(\.standing) == [.grown, .new])
  }

  @Test("a dump that lacks the records of pages is no pass, though every cache in it is whole")
  func unknownFrames() {
    func outcome(_ now: Int, before: Int) -> Comparison.Outcome {
      Comparison(
        AnalysisRecord(leaks: [], caches: [Self.cache(objects: 0, bytes: 0)], unknownFrames: now),
        with: AnalysisRecord(leaks: [], caches: [Self.cache()], unknownFrames: before),
        limits: .init()
      ).outcome
    }
    #expect(outcome(1, before: 0) == .undetermined)
    #expect(outcome(1, before: 1) == .passed)
  }

  @Test("hints and what is suppressed do not count")
  func exempt() {
    let now = [Self.leak("a"), Self.leak("b", certainty: .hint)]
    let comparison = comparison(now, with: [], .init(suppressed: ["a": "known upstream"]))
    #expect(comparison.rows.map(\.standing) == [.suppressed, .hint])
    #expect(comparison.outcome == .passed)
  }

  @Test("a leak of unknown size cannot be said not to have grown")
  func unknownSize() {
    let now = [Self.leak("a", count: nil, bytes: nil)]
    #expect(comparison(now, with: [Self.leak("a")]).outcome == .undetermined)
    #expect(comparison(now, with: now).outcome == .passed)
  }

  @Test("the same leak in several caches is one: kmalloc-rnd-03-32 today, rnd-11-32 tomorrow")
  func severalCaches() {
    let record = AnalysisRecord(
      leaks: [Self.leak("a", count: 40, bytes: 1280), Self.leak("a", count: 60, bytes: 1920)],
      caches: [])
    #expect(record.leaks.map(\.count) == [100])
    #expect(record.leaks.map(\.bytes) == [3200])
  }

  @Test("leaks that are no more are told")
  func gone() {
    let comparison = comparison([], with: [Self.leak("a")])
    #expect(comparison.gone.map(\.fingerprint) == ["a"])
    #expect(comparison.outcome == .passed)
  }

  @Test("less seen of a cache is never a pass")
  func blindness() {
    let seen = Self.cache()
    #expect(outcome(seen, before: seen) == .passed)
    #expect(outcome(Self.cache(absentBytes: 4096), before: seen) == .undetermined)
    #expect(outcome(Self.cache(indeterminate: 1), before: seen) == .undetermined)
    #expect(outcome(Self.cache(objects: nil), before: seen) == .undetermined)
    #expect(outcome(before: seen) == .undetermined)
    #expect(
      outcome(Self.cache(absentBytes: 4096), before: Self.cache(absentBytes: 4096)) == .passed)
  }

  @Test("a leak that is seen counts, whatever is not seen")
  func leakBesideBlindness() {
    #expect(
      outcome(Self.cache(absentBytes: 4096), before: Self.cache(), leaks: [Self.leak("a")])
        == .leaks)
  }

  @Test("a cache that the baseline does not know cannot be seen less well")
  func newCache() {
    #expect(outcome(Self.cache("tm", absentBytes: 4096), before: Self.cache()) == .passed)
  }

  @Test("caches of one name are taken together: which of them is first is an accident")
  func repeatedNames() {
    let whole = Self.cache()
    let half = Self.cache(absentBytes: 2048)
    #expect(outcome(half, whole, before: whole, half) == .passed)
    #expect(outcome(half, half, before: whole, half) == .undetermined)
  }

  @Test("impossible numbers of a damaged baseline do no harm")
  func impossibleNumbers() {
    let wild = Self.cache(objects: .max, indeterminate: .max, bytes: 1, absentBytes: .max)
    #expect(outcome(wild, wild, before: wild) == .passed)
    #expect(outcome(Self.cache(), before: wild) == .passed)
    #expect(outcome(wild, before: Self.cache()) == .undetermined)
    let leaks = [Self.leak("a", count: .min, bytes: .max), Self.leak("a", count: -1, bytes: 1)]
    #expect(AnalysisRecord(leaks: leaks, caches: []).leaks.map(\.count) == [nil])
  }
}

import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Caches too large to be read as a whole")
struct SamplingTests {
  private static let small = Sampling(objects: 4000, bytes: .max)

  /// 16,000 objects of `single_open` and, among them, one other in eight.
  private static func kernel(buildID: String = "ab12") -> Subject {
    var builder = LostSingleOpenTests.Kernel(lost: 0, held: 0).builder
    let cache = builder.cache("kmalloc-cg-32", objectSize: 32)
    for number in 0..<16_000 {
      builder.object(
        in: cache,
        number % 8 == 3 ? [0x1234_5678_9abc, 1, 2, 3] : LeakyModule.seqOperations)
    }
    var subject = builder.subject
    subject.kernel.buildID = buildID
    return subject
  }

  private static func groups(
    _ subject: Subject, _ sampling: Sampling
  ) async throws -> CacheGroups {
    let cache = try #require(subject.census.caches(named: "kmalloc-cg-32").first)
    return await CacheGrouping.groups(ofCache: cache, in: subject, sampling: sampling)
  }

  @Test("a cache within the limits is read as a whole")
  func whole() async throws {
    let subject = Self.kernel()
    #expect(try await Self.groups(subject, .standard).sample == nil)
    #expect(try await Self.groups(subject, Sampling(objects: 16_000, bytes: .max)).sample == nil)
    let groups = try await Self.groups(subject, Sampling(objects: 15_999, bytes: .max))
    #expect(groups.sample?.of == 16_000)
  }

  @Test("of a larger one, about as many objects as the limit are read", arguments: 1...8)
  func size(kernel: Int) async throws {
    let groups = try await Self.groups(Self.kernel(buildID: "\(kernel)"), Self.small)
    let sample = try #require(groups.sample)
    #expect(sample.of == 16_000)
    // 125 slabs of 128 objects, each chosen with a probability of a quarter: 31 ± 5.
    #expect((1500...6500).contains(sample.objects))
    #expect(groups.grouped == sample.objects)
    #expect(groups.groups.reduce(0) { $0 + $1.slots.count } == sample.objects)
  }

  @Test("bytes count as well as objects")
  func bytes() async throws {
    let sampling = Sampling(objects: .max, bytes: 16_000 * 32 / 4)
    let groups = try await Self.groups(Self.kernel(), sampling)
    #expect((1500...6500).contains(try #require(groups.sample).objects))
  }

  @Test("the same kernel gives the same sample, another one another")
  func seed() async throws {
    let first = try await Self.groups(Self.kernel(), Self.small)
    let again = try await Self.groups(Self.kernel(), Self.small)
    #expect(first.groups == again.groups)
    #expect(first.sample == again.sample)
    let other = try await Self.groups(Self.kernel(buildID: "cd34"), Self.small)
    #expect(first.groups.map(\.slots) != other.groups.map(\.slots))
  }

  @Test("what is estimated from a sample is close, and said to be an estimate")
  func estimate() async throws {
    let investigation = await Investigation(of: Self.kernel(), sampling: Self.small)
    let finding = try #require(investigation.findings.first)
    let count = try #require(finding.count)
    #expect((13_500...14_500).contains(count))
    #expect(finding.bytes == count * 32)
    #expect(finding.sample?.of == 16_000)
    #expect(finding.title.hasPrefix("about 1"))
    #expect(finding.title.contains("00 seq_operations in kmalloc-cg-32"))
    #expect(finding.evidence.contains { $0.hasPrefix("how many there are is an estimate") })
    #expect(finding.groups.allSatisfy { $0.slots.count < 7000 })
    #expect(!finding.isAtLeast)
    #expect(investigation.coverage.remarks.contains { $0.contains("kmalloc-cg-32 was grouped") })
  }

  @Test("read in full, the same objects are counted")
  func full() async throws {
    let investigation = await Investigation(of: Self.kernel(), sampling: .none)
    let finding = try #require(investigation.findings.first)
    #expect(finding.count == 14_000)
    #expect(finding.title.hasPrefix("14,000 seq_operations"))
    #expect(finding.sample == nil)
    #expect(investigation.coverage.remarks.isEmpty)
  }

  @Test("the fingerprint of a leak is the same from a sample")
  func fingerprint() async throws {
    let part = await Investigation(of: Self.kernel(), sampling: Self.small).findings.first
    let whole = await Investigation(of: Self.kernel(), sampling: .none).findings.first
    #expect(part?.fingerprint == whole?.fingerprint)
  }

  @Test("objects that are not read are followed: what only they refer to is not lost with them")
  func followed() async throws {
    /// Remembers what it was asked about.
    actor Asked: ReferenceScan {
      private(set) var slots: Set<UInt32> = []

      func references(
        to targets: [ReferenceTargets], besides words: Set<VirtualAddress>
      ) async -> [References] { [] }

      func reachability(of slots: [UInt32]) async -> Reachability {
        self.slots = Set(slots)
        return Reachability(
          targets: SlotSet(), inUse: SlotSet(), mentioned: SlotSet(), coverage: ScanCoverage())
      }
    }
    var subject = Self.kernel()
    let asked = Asked()
    subject.references = asked
    _ = await Investigation(of: subject, sampling: Self.small)
    #expect(await asked.slots.count == 16_000)
  }

  @Test(
    "an estimate is written with three digits",
    arguments: [(4_999_902, "about 5,000,000"), (598, "about 598"), (13_950, "about 14,000")])
  func digits(count: Int, words: String) {
    #expect(Amount(seen: count, in: Sample(objects: count, of: count)).words == words)
    #expect(Amount(seen: count, in: nil).words == count.grouped)
  }

  @Test(
    "an estimate is never less than what was seen, nor more than there is",
    arguments: [(0, 10, 100), (1, 3, 100), (10, 10, 100), (99, 100, 101), (5, 0, 10)])
  func bounds(seen: Int, objects: Int, of: Int) {
    let count = Amount(seen: seen, in: Sample(objects: objects, of: of)).count
    #expect(count >= seen)
    #expect(count <= max(of, seen))
  }
}

@Suite("An analysis that may not take long")
struct TimeLimitTests {
  private static func kernel() -> Subject {
    var subject = LostSingleOpenTests.Kernel(lost: 600, held: 0).builder.subject
    subject.references = UnreferencedTests.Scan()
    return subject
  }

  @Test("when time is over at once, nothing is found, and what was not done is told")
  func atOnce() async {
    let investigation = await TimeLimit.$current.withValue(TimeLimit(seconds: 0)) {
      await Investigation(of: Self.kernel())
    }
    #expect(investigation.findings.isEmpty)
    #expect(investigation.groups.allSatisfy { $0.grouped == 0 })
    #expect(investigation.coverage.isStopped)
    #expect(investigation.coverage.headline?.hasPrefix("Stopped after 0 seconds") == true)
    #expect(
      investigation.coverage.remarks.contains(
        "time was over: 600 objects of 1 cache were not grouped"))
    #expect(investigation.coverage.remarks.contains { $0.contains("refers to the objects") })
  }

  @Test("a limit that is not reached changes nothing")
  func ample() async {
    let limited = await TimeLimit.$current.withValue(TimeLimit(seconds: 3600)) {
      await Investigation(of: Self.kernel())
    }
    let unlimited = await Investigation(of: Self.kernel())
    #expect(limited.findings == unlimited.findings)
    #expect(limited.coverage == unlimited.coverage)
    #expect(limited.findings.first?.certainty == .definite)
  }

  @Test("a scan for references that is cut off proves nothing")
  func cutOff() async throws {
    /// A scan that takes until time is over.
    struct Slow: ReferenceScan {
      func references(
        to targets: [ReferenceTargets], besides words: Set<VirtualAddress>
      ) async -> [References] { [] }

      func reachability(of slots: [UInt32]) async -> Reachability {
        while !TimeLimit.isOver { await _Concurrency.Task.yield() }
        return await UnreferencedTests.Scan().reachability(of: slots)
      }
    }
    var subject = Self.kernel()
    subject.references = Slow()
    let investigation = await TimeLimit.$current.withValue(TimeLimit(seconds: 3)) {
      await Investigation(of: subject)
    }
    let finding = try #require(investigation.findings.first)
    #expect(finding.count == 600)
    #expect(finding.certainty == .probable)
    #expect(investigation.coverage.isStopped)
  }
}

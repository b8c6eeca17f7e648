import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Objects that nothing leads to")
struct LostObjectsTests {
  private func sessions(_ count: Int) -> SubjectBuilder {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-96", objectSize: 96)
    for id in 0..<count { kernel.object(in: cache) { LeakyModule.session(id, at: $0) } }
    return kernel
  }

  private func findings(_ kernel: SubjectBuilder, _ answers: Answers) async -> [Finding] {
    var subject = kernel.subject
    subject.references = answers
    return await Investigation(of: subject).findings
  }

  /// The slots of the first `count` objects; slabs of the fixture hold 42.
  private func slots(_ range: Range<Int>) -> Set<UInt32> { Set(range.map { UInt32($0) }) }

  @Test("Those on a live list are not counted")
  func split() async throws {
    let found = await findings(sessions(4000), Answers(inUse: slots(0..<500)))
    let finding = try #require(found.first)
    #expect(
      finding.title
        == "3,500 tm_session in kmalloc-96 (328.1 KiB) are lost, nothing refers to them: leakmod")
    #expect(finding.certainty == .definite)
    #expect(finding.count == 3500)
    #expect(finding.groups.map(\.slots.count) == [3500])
    #expect(
      finding.evidence.first
        == "a scan of all kernel memory in the dump (1,000 pages) finds nothing in use that leads "
        + "to them; 500 more that look the same are in use")
    #expect(found.count == 1)
  }

  @Test("What is in use is nobody's finding, however much of it there is, but a hint")
  func inUse() async {
    let found = await findings(sessions(4000), Answers(inUse: slots(0..<4000)))
    #expect(found.map(\.certainty) == [.hint])
    #expect(found.map(\.rule) == ["many-alike"])
  }

  @Test("Few are not remarkable")
  func few() async {
    #expect(await findings(sessions(63), Answers()).isEmpty)
    #expect(await findings(sessions(64), Answers()).count == 1)
  }

  @Test("A page that is missing makes it possible, no more")
  func missing() async throws {
    let answers = Answers(coverage: ScanCoverage(scannedPages: 999, missingPages: 2))
    let finding = try #require(await findings(sessions(100), answers).first)
    #expect(finding.certainty == .possible)
    #expect(
      finding.title
        == "100 tm_session in kmalloc-96 (9.4 KiB) may be lost, nothing in the dump refers to them: "
        + "leakmod")
    #expect(finding.grounds == "not all memory that may hold references to them could be read")
    #expect(finding.evidence.first?.contains("2 pages that could hold references") == true)
  }

  @Test("Words in stacks that name a few do not take them out; more are left out and told")
  func mentioned() async throws {
    let few = try #require(
      await findings(sessions(1000), Answers(mentioned: slots(0..<9))).first)
    #expect(few.count == 1000)
    #expect(few.evidence.first?.contains("words in stacks to 9 of them") == true)
    let many = try #require(
      await findings(sessions(1000), Answers(mentioned: slots(0..<10))).first)
    #expect(many.count == 990)
    #expect(many.evidence.contains { $0.hasPrefix("10 more are not counted") })
  }

  @Test("Objects without a name that look otherwise are another leak, and a few are of none")
  func looks() async {
    func findings(requests: Int, strings: Int, strays: Int) async -> [Finding] {
      var kernel = sessions(strays)
      let cache = kernel.cache("kmalloc-64", objectSize: 64)
      func number(_ id: Int) -> UInt64 {
        UInt64(id + 1) &* 0x9e37_79b9_7f4a_7c15 | 1 << 62
      }
      for id in 0..<requests {
        // "ix-reque", "st-queue", a queue that is empty.
        kernel.object(
          in: cache, [0x6575_7165_722d_7869, 0x6575_6575_712d_7473, number(id), 7, 0, 1])
      }
      for id in 0..<strings {
        // "ix-name-" and what follows, "ix-suffi".
        kernel.object(
          in: cache, [0x2d65_6d61_6e2d_7869, number(id), number(id + 1), 0x6966_6675_732d_7869])
      }
      return await self.findings(kernel, Answers()).filter { $0.cacheName == "kmalloc-64" }
    }
    let first = await findings(requests: 160, strings: 150, strays: 1)
    #expect(first.map(\.count) == [160, 150])
    #expect(Set(first.map(\.fingerprint)).count == 2)
    let second = await findings(requests: 3, strings: 160, strays: 0)
    #expect(second.map(\.count) == [160])
    #expect(second.map(\.fingerprint) == [first[1].fingerprint])
  }

  @Test("What objects without a name refer to is a part of theirs, if nothing else is told of it")
  func unnamedOwners() async throws {
    var kernel = SubjectBuilder()
    let owners = kernel.cache("skbuff_head_cache", objectSize: 64)
    let buffers = kernel.cache("kmalloc-128", objectSize: 128)
    for id in 0..<200 {
      for cache in [owners, buffers] {
        kernel.object(in: cache, [UInt64(id) &* 0x9e37_79b9_7f4a_7c15 | 1 << 62])
      }
    }
    let census = kernel.subject.census
    let referrals = zip(
      census.allocated(in: "skbuff_head_cache"), census.allocated(in: "kmalloc-128")
    ).map { (source: $0, target: $1) }
    let finding = try #require(await findings(kernel, Answers(referrals: referrals)).first)
    #expect(finding.cacheName == "skbuff_head_cache")
    #expect(
      finding.evidence.contains(
        "lost with them is what only they refer to: 200 objects in kmalloc-128 (25.0 KiB)"))
    #expect(await findings(kernel, Answers(referrals: referrals)).count == 1)
  }

  @Test("What only lost objects refer to is told with them, unless it has a name itself")
  func dependents() async throws {
    var kernel = sessions(100)
    let blobs = kernel.cache("kmalloc-64", objectSize: 64)
    for id in 0..<100 { kernel.object(in: blobs, [UInt64(id) &* 0x9e37_79b9_7f4a_7c15 | 1 << 62]) }
    let census = kernel.subject.census
    let sources = census.allocated(in: "kmalloc-96")
    let targets = census.allocated(in: "kmalloc-64")
    let referrals = zip(sources, targets).map { (source: $0, target: $1) }
    let found = await findings(kernel, Answers(referrals: referrals))
    #expect(found.map(\.cacheName) == ["kmalloc-96"])
    #expect(
      found.first?.evidence.contains(
        "lost with them is what only they refer to: 100 objects in kmalloc-64 (6.3 KiB)") == true)
    let alone = await findings(kernel, Answers())
    #expect(Set(alone.map(\.cacheName)) == ["kmalloc-64", "kmalloc-96"])
    #expect(alone.allSatisfy { $0.count == 100 })
    #expect(Set(alone.map(\.fingerprint)).count == 2)
  }
}

extension Census {
  /// The slots of the allocated objects of a cache.
  fileprivate func allocated(in name: String) -> [UInt32] {
    caches(named: name).flatMap { slabsOfCache[$0] }.flatMap { number in
      let slab = slabs[number]
      return (slab.firstSlot..<(slab.firstSlot + Int(slab.slots)))
        .filter { stateKind(of: $0) == .allocated }.map { UInt32($0) }
    }
  }
}

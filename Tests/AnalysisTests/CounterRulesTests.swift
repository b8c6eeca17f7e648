import Analysis
import Evidence
import FixtureKit
import Testing

@Suite("Rules that go by counters") struct CounterRulesTests {
  private func findings(_ change: (inout Subject) -> Void) async -> [Finding] {
    var subject = SubjectBuilder().subject
    change(&subject)
    return await Investigation.findings(in: subject, groups: [])
  }

  @Test("A queue at work is no finding, one that nobody reads is")
  func queues() async {
    func socket(_ bytes: Int) -> SocketQueue { SocketQueue(kind: "udp", receiveBytes: bytes) }
    #expect(await findings { $0.sockets = [socket(212_992)] }.isEmpty)
    let found = await findings { $0.sockets = [socket(2 << 20), socket(8 << 20)] }
    #expect(found.map(\.bytes) == [8 << 20, 2 << 20])
    #expect(found.allSatisfy { $0.certainty == .possible && $0.rule == "unread-queue" })
  }

  @Test("What waits to be sent is told apart from what is not read")
  func sendQueue() async throws {
    let socket = SocketQueue(
      kind: "tcp", local: "10.0.0.1:80", sendBytes: 4 << 20, owner: Task(pid: 7, name: "httpd"))
    let finding = try #require(await findings { $0.sockets = [socket] }.first)
    #expect(finding.title == "4.0 MiB wait to be sent in a tcp socket (10.0.0.1:80) of httpd (7)")
  }

  private func account(free: Int, others: [String]) -> MemoryAccount {
    MemoryAccount(
      source: "/proc/meminfo", total: 1 << 30,
      parts: [.init(id: "free", bytes: free)] + others.map { .init(id: $0, bytes: 10 << 20) })
  }

  @Test("A rest means nothing when the counters that matter are not shown")
  func ghost() async throws {
    let parts = ["page_cache", "anonymous", "slab"]
    #expect(await findings { $0.accounts = [account(free: 0, others: ["slab"])] }.isEmpty)
    #expect(await findings { $0.accounts = [account(free: 950 << 20, others: parts)] }.isEmpty)
    let finding = try #require(
      await findings { $0.accounts = [account(free: 100 << 20, others: parts)] }.first)
    #expect(finding.bytes == (1024 - 130) << 20)
    #expect(finding.certainty == .hint)
  }

  @Test("A cache that one of two snapshots does not show did not grow")
  func growth() async throws {
    func snapshot(_ source: String, _ caches: [(String, Int)]) -> CacheSnapshot {
      CacheSnapshot(
        source: source,
        caches: caches.map { .init(name: $0.0, objectSize: 1024, allocated: $0.1) })
    }
    let found = await findings {
      $0.snapshots = [
        snapshot("good", [("dentry", 1000), ("filp", 100_000)]),
        snapshot("bad", [("dentry", 9000), ("filp", 101_000), ("skbuff", 90_000)]),
      ]
    }
    #expect(
      found.map(\.title) == ["dentry has 8,000 objects (7.8 MiB) more in bad than in good"])
  }

  @Test("A cache is out of proportion by its share or by its objects")
  func largeCaches() async {
    var kernel = SubjectBuilder()
    for name in ["dentry", "filp", "kmalloc-1k"] { _ = kernel.cache(name, objectSize: 1024) }
    var subject = kernel.subject
    subject.counters = [100_000, 20_000, 1000].map {
      CacheCounters(source: "kmem -s", allocated: $0, total: nil)
    }
    let found = await Investigation.findings(in: subject, groups: [])
    #expect(found.map(\.cacheName) == ["dentry"])
    #expect(found.first?.count == 100_000)
  }
}

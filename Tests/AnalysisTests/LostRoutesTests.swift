import Analysis
import Evidence
import FixtureKit
import Memory
import Testing

@Suite("Routes that nobody releases")
struct LostRoutesTests {
  private struct Audit: RouteAudit {
    let found: [RouteSurplus]
    func surpluses() async -> [RouteSurplus] { found }
  }

  /// Routes of IPv6 in a cache that is called after another one.
  private func findings(
    _ count: Int = 100, _ change: (inout RouteSurplus) -> Void = { _ in }
  ) async -> [Finding] {
    var kernel = SubjectBuilder()
    let cache = kernel.cache(
      "pool_workqueue", objectSize: 256, aliases: ["ip6_dst_cache", "key_jar"])
    for _ in 0..<count { kernel.object(in: cache, [1]) }
    var subject = kernel.subject
    var found = RouteSurplus(
      type: "rt6_info", operations: "ip6_dst_ops", device: "eth0", destinations: ["fd00::/64"],
      coverage: ScanCoverage(scannedPages: 1000))
    found.slots = (0..<subject.census.slotCount).filter {
      subject.census.stateKind(of: $0) == .allocated
    }.map(UInt32.init)
    (found.references, found.words, found.surplus) = (103, 3, 100)
    change(&found)
    subject.routes = Audit(found: [found])
    return await Investigation.findings(in: subject, groups: [])
      .filter { $0.rule == "lost-routes" }
  }

  @Test("the finding names the routes, their own cache, device and destination")
  func words() async throws {
    let finding = try #require(await findings().first)
    #expect(
      finding.title == "100 rt6_info (ip6_dst_cache, merged into pool_workqueue; 25.0 KiB) on "
        + "eth0 to fd00::/64 are held by 100 references that nobody has")
    #expect(finding.certainty == .definite && finding.count == 100 && finding.bytes == 25600)
    #expect(finding.cacheName == "pool_workqueue" && finding.alias == "ip6_dst_cache")
    #expect(finding.type == "rt6_info" && finding.symbols == ["ip6_dst_ops"])
    #expect(
      finding.evidence == [
        "their counts add up to 103: 3 words in memory may be a holder's, 100 are left over",
        "a scan of all kernel memory in the dump (1,000 pages) finds 3 words that lead to them, "
          + "those in lists and of packets that only borrow a route left out",
        "each holds its device, too: removing eth0 may wait for ever (unregister_netdevice: "
          + "waiting for eth0 to become free)",
      ])
  }

  @Test("one route may have all the references")
  func one() async throws {
    let finding = try #require(
      await findings(1) {
        $0.destinations = ["::/0"]
        ($0.references, $0.words, $0.surplus) = (2001, 1, 2000)
      }.first)
    #expect(
      finding.title == "1 rt6_info (ip6_dst_cache, merged into pool_workqueue; 256 B) on eth0 to "
        + "::/0 is held by 2,000 references that nobody has")
    #expect(
      finding.evidence.first
        == "its count is 2,001: 1 word in memory may be a holder's, 2,000 are left over")
  }

  @Test("a type that none of the cache's names has gives it no name")
  func noAlias() async throws {
    let finding = try #require(await findings { $0.type = "rtable" }.first)
    #expect(finding.title.hasPrefix("100 rtable (pool_workqueue; 25.0 KiB) on eth0"))
    #expect(finding.alias == nil)
  }

  @Test("where pages are missing, it is possible only")
  func incomplete() async throws {
    let finding = try #require(await findings { $0.coverage.missingPages = 7 }.first)
    #expect(finding.certainty == .possible)
    #expect(
      finding.evidence[1].hasSuffix(", but 7 pages that could hold references cannot be read"))
  }

  @Test("many destinations are counted, and are no part of the fingerprint")
  func destinations() async throws {
    let one = try #require(
      await findings {
        $0.destinations = ["fd00::1/128", "fd00::2/128"]
        $0.otherDestinations = 40
        $0.isOfRemovedDevice = true
      }.first)
    #expect(one.title.contains(" on eth0 to fd00::1/128, fd00::2/128 and 40 other destinations "))
    #expect(one.evidence.last == "the device that they were on was removed")
    let other = try #require(await findings { $0.otherDestinations = 30 }.first)
    #expect(one.fingerprint == other.fingerprint)
  }
}

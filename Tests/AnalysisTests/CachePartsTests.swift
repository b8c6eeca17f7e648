import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Parts of merged caches")
struct CachePartsTests {
  private static let input = SubjectBuilder.image.advanced(by: 0x100)
  private static let work = SubjectBuilder.image.advanced(by: 0x200)
  private static let firstSpace = SubjectBuilder.image.advanced(by: 0x3000)
  private static let protocols = SubjectBuilder.image.advanced(by: 0x2000)

  /// Routes, work queues and sockets, each known by what they point to.
  private static let types = FixtureTypes { types in
    types.unit("net/ipv6/route.c") { unit in
      unit.structure("dst_entry") {
        $0.member("dev", .voidPointer)
        $0.member(
          "input", .functionPointer(returns: .int, [.pointer(.structure("dst_entry"))]))
      }
      unit.structure("rt6_info", size: 232) { $0.member("dst", .structure("dst_entry")) }
      unit.function("ip6_input", at: input, returns: .int, [.pointer(.structure("dst_entry"))])
    }
    types.unit("kernel/workqueue.c") { unit in
      unit.structure("pool_workqueue", size: 256) {
        $0.member("pool", .voidPointer)
        $0.member("refcnt", .unsignedLong)
        $0.member(
          "release", .functionPointer(returns: .void, [.pointer(.structure("pool_workqueue"))]))
      }
      unit.function("pwq_release", at: work, [.pointer(.structure("pool_workqueue"))])
    }
    types.unit("fs/namespace.c") { unit in
      unit.structure("list_head") {
        $0.member("next", .pointer(.structure("list_head")))
        $0.member("prev", .pointer(.structure("list_head")))
      }
      unit.structure("dentry", size: 192) { $0.member("flags", .unsignedInt) }
      unit.structure("mount", size: 64) {
        $0.member("root", .pointer(.structure("dentry")))
        $0.member("list", .structure("list_head"))
      }
      unit.structure("k_itimer", size: 64) {
        $0.member("clock", .unsignedLong)
        $0.member("list", .structure("list_head"))
      }
      unit.structure("net", size: 64) { $0.member("id", .unsignedLong) }
      unit.structure("net_dump", size: 16) { $0.member("net", .pointer(.structure("net"))) }
      unit.object("init_net", .structure("net"), at: firstSpace)
    }
    types.unit("net/core/sock.c") { unit in
      unit.structure("proto", size: 64) {
        $0.member("slab", .voidPointer)
        $0.member("name", .array(.char, 32), at: 16)
      }
      unit.object("protocols", .array(.structure("proto"), 2), at: protocols)
    }
  }

  private func parts(
    aliases: [String] = ["ip6_dst_cache", "key_jar"], sharers: Int? = nil,
    _ fill: (inout SubjectBuilder, Int) -> Void
  ) async -> (parts: [CacheParts.Part], subject: Subject) {
    var kernel = SubjectBuilder(types: Self.types)
    let cache = kernel.cache("pool_workqueue", objectSize: 256, aliases: aliases)
    fill(&kernel, cache)
    let subject = kernel.subject
    let groups = await CacheGrouping.groups(ofCache: cache, in: subject)
    return (
      CacheParts(groups, names: CacheNames(subject), in: subject.census).parts, subject
    )
  }

  private func text(_ part: CacheParts.Part) -> String {
    "\(part.count) \(part.type ?? "?") of \(part.alias ?? "?")"
  }

  @Test("objects of a merged cache belong to the name that their type has, or to none")
  func types() async {
    let (parts, _) = await parts { kernel, cache in
      for _ in 0..<40 { kernel.object(in: cache, [7, Self.input.rawValue]) }
      for _ in 0..<12 { kernel.object(in: cache, [7, 1, Self.work.rawValue]) }
      for _ in 0..<30 { kernel.object(in: cache, []) }
    }
    // A dst_entry is as likely by what is in them, but no name of the cache has these.
    #expect(
      parts.map(text) == [
        "40 rt6_info of ip6_dst_cache", "12 pool_workqueue of pool_workqueue", "30 ? of ?",
      ])
    #expect(parts.map(\.bytes) == [40 * 256, 12 * 256, 30 * 256])
  }

  /// Mounts, or timers whose clocks are addresses of dentries, each in a list with the next.
  private func linked(isMount: Bool) async -> [CacheParts.Part] {
    var kernel = SubjectBuilder(types: Self.types)
    let dentries = kernel.cache("dentry", objectSize: 192)
    let cache = kernel.cache("mnt_cache", objectSize: 64, aliases: ["posix_timers_cache"])
    let entry = kernel.object(in: dentries, [1])
    var last = kernel.object(in: cache, [])
    for _ in 0..<20 {
      last = kernel.object(in: cache) { [last] _ in
        let link = last.advanced(by: isMount ? 8 : 16).rawValue
        return isMount ? [entry.rawValue, link, link] : [3, 9, link, link]
      }
    }
    let subject = kernel.subject
    let groups = await CacheGrouping.groups(ofCache: cache, in: subject)
    return CacheParts(groups, names: CacheNames(subject), in: subject.census).parts
  }

  @Test("what has pointers only is told by where they lead to, if one of the names fits best")
  func pointers() async {
    let mounts = await linked(isMount: true).filter { $0.type == "mount" }
    #expect(mounts.map(\.alias) == ["mnt_cache"] && mounts.first?.count == 20)
    // A list of timers does not begin there: nothing fits.
    #expect(await linked(isMount: false).allSatisfy { $0.type == nil && $0.alias == nil })
  }

  @Test("a small structure that begins alike is no type, where the cache has other names")
  func alike() async {
    let (parts, subject) = await parts(aliases: ["tcp_bind_bucket"]) { kernel, cache in
      for number in 0..<20 { kernel.object(in: cache, [Self.firstSpace.rawValue, UInt64(number)]) }
    }
    #expect(parts.map(text) == ["20 ? of ?"])
    let groups = await CacheGrouping.groups(ofCache: 0, in: subject)
    #expect(groups.groups.first?.type == .candidates(["net_dump"]))
  }

  @Test("a type that is not among a cache's names gets none of them")
  func otherNames() async {
    let (parts, _) = await parts(aliases: ["key_jar"]) { kernel, cache in
      for _ in 0..<12 { kernel.object(in: cache, [7, 1, Self.work.rawValue]) }
      for _ in 0..<20 { kernel.object(in: cache, [7, Self.input.rawValue]) }
    }
    #expect(parts.map(\.alias) == ["pool_workqueue", nil])
  }

  @Test("a cache of its own has no parts")
  func unmerged() async {
    let (parts, _) = await parts(aliases: []) { kernel, cache in
      for _ in 0..<12 { kernel.object(in: cache, [7, 1, Self.work.rawValue]) }
    }
    #expect(parts.isEmpty)
  }

  @Test("sockets of one type are told apart by the protocol that has the cache")
  func protocols() async throws {
    var kernel = SubjectBuilder(types: Self.types)
    let symbol = try #require(kernel.symbols.symbol(named: "protocols"))
    let cache = kernel.cache(
      "UDP", objectSize: 128, aliases: ["UDP-Lite"],
      variables: [0, 64].map { SymbolReference(symbol: symbol, offset: $0) })
    let second = Self.protocols.advanced(by: 64)
    for (place, name) in [(Self.protocols, "UDP"), (second, "UDP-Lite")] {
      kernel.memory.write(Array(name.utf8), at: place.advanced(by: 16))
    }
    for _ in 0..<20 { kernel.object(in: cache, [5, Self.protocols.rawValue]) }
    for _ in 0..<30 { kernel.object(in: cache, [5, second.rawValue]) }
    let subject = kernel.subject
    let groups = await CacheGrouping.groups(ofCache: cache, in: subject)
    let names = CacheNames(subject)
    let parts = CacheParts(groups, names: names, in: subject.census).parts
    #expect(parts.map(\.alias) == ["UDP-Lite", "UDP"] && parts.map(\.count) == [30, 20])
    #expect(
      groups.groups.map { names.place(of: [$0], in: subject.census.caches[cache]) }
        == ["UDP-Lite (merged into UDP)", "UDP"])
  }

  @Test("names that a structure's name is in are known, and some that it is not in")
  func contents() {
    for (type, name) in [
      ("pool_workqueue", "pool_workqueue"), ("inet_peer", "inet_peer_cache"),
      ("fib6_node", "fib6_nodes"), ("rt6_info", "ip6_dst_cache"), ("file", "filp"),
    ] {
      #expect(CacheContents.isOf(type, cacheNamed: name), "\(type)")
    }
    for (type, name) in [("filp", "filp"), ("dst_entry", "ip6_dst_cache"), ("key", "key_jars")] {
      #expect(!CacheContents.isOf(type, cacheNamed: name), "\(type)")
    }
  }
}

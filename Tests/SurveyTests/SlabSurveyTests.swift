import DebugInfo
import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Slab survey")
struct SlabSurveyTests {
  @Test("a cache is described as its kmem_cache says", arguments: [SlabEra.slub6_1, .slab6_1])
  func cache(era: SlabEra) async throws {
    var fixture = SlabKernel(era)
    fixture.addCache("filp", objectSize: 232, slotSize: 256, order: 1)
    fixture.addCache("empty", objectSize: 8)
    fixture.addSlab(of: 0)
    fixture.addSlab(of: 0, free: [0, 1])
    let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.caches.map(\.name) == ["filp", "empty"])
    #expect(census.caches[0].objectSize == 232)
    #expect(census.caches[0].slotSize == 256)
    #expect(census.caches[0].objectsPerSlab == fixture.slots(of: 0))
    #expect(census.caches[0].sharers == 1)
    #expect(census.counts[0].free == 2)
    #expect(census.counts[0].allocated == 2 * fixture.slots(of: 0) - 2)
    #expect(census.counts[1].total == 0)
    #expect(coverage.slabPages == 4)
    #expect(coverage.absentSlabPages == 0)
  }

  @Test("missing members are named, not guessed")
  func missingMember() {
    var kernel = SlabKernel(.slub6_1).kernel()
    kernel = kernel.with(
      types: FixtureTypes.unit { unit in
        unit.structure("kmem_cache") {
          $0.member("offset", .unsignedInt)
          $0.member("list", .voidPointer)
          $0.member("name", .pointer(.char))
        }
      })
    #expect(throws: LayoutFailure(missing: "kmem_cache.object_size")) { try SlabSurvey(kernel) }
    kernel = kernel.with(types: FixtureTypes.unit { _ in })
    #expect(throws: LayoutFailure(missing: "struct kmem_cache")) { try SlabSurvey(kernel) }
  }

  @Test("full slabs count even where their own pages are not in the dump")
  func fullSlabIsNotRead() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("leak", objectSize: 64)
    let slab = fixture.addSlab(of: 0)
    fixture.damage(slab, .lostPage(0))
    let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.counts[0].allocated == 64)
    #expect(census.faults(ofCache: 0).isEmpty)
    #expect(coverage.absentSlabPages == 1)
    #expect(!coverage.isComplete)
  }

  @Test("slabs in memory that the dump does not even list were missing from the census")
  func slabOutsideOfDump() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("leak", objectSize: 64)
    fixture.addSlab(of: 0)
    let listed = fixture.kernel()
    let memory = LossyMemory(listed.physical, without: [fixture.frame(of: 0): .hole])
    #expect(memory.frames != listed.physical.frames)
    let (census, coverage) = try await SlabSurvey(listed.with(physical: memory)).census()
    #expect(census.counts[0].allocated == 64)
    #expect(coverage.absentPages == [1])
  }

  @Test("a freelist that leaves its slab is a fault, and what was seen of it stays free")
  func wildFreelist() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("victim", objectSize: 64)
    let slab = fixture.addSlab(of: 0, free: [9, 3, 20, 5])
    fixture.addSlab(of: 0, free: [1])
    fixture.damage(slab, .freePointer(behind: 1, .wild))
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    let states = (0..<64).map { census.state(of: $0) }
    #expect(states[9] == .free(.slab))
    #expect(states[3] == .free(.slab))
    #expect(states.filter { $0 == .indeterminate(fault: 0) }.count == 62)
    #expect(census.faults(ofCache: 0).map(\.kind) == [.wildPointer])
    #expect(census.counts[0].allocated == 63, "the other slab is not affected")
  }

  @Test("a freelist that leads back into itself ends")
  func cyclicFreelist() async throws {
    var fixture = SlabKernel(.slub7_1, hardening: .xorSwapped)
    fixture.addCache("victim", objectSize: 64)
    let slab = fixture.addSlab(of: 0, free: [9, 3, 20, 5])
    fixture.damage(slab, .freePointer(behind: 3, .passed))
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.counts[0].free == 4)
    #expect(census.counts[0].indeterminate == 60)
    #expect(census.faults(ofCache: 0).map(\.kind) == [.cycle])
  }

  @Test("an object on two free lists is a double free")
  func doubleFree() async throws {
    var fixture = SlabKernel(.slub6_18)
    fixture.addCache("victim", objectSize: 64)
    let slab = fixture.addSlab(of: 0, free: [9, 3])
    fixture.give([3, 4], of: slab, to: .mainSheaf(0))
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.counts[0].free == 3)
    #expect(census.faults(ofCache: 0).map(\.kind) == [.doubleFree])
    #expect(census.faults(ofCache: 0).first?.address == fixture.object(3, of: slab))
  }

  @Test("a sheaf that cannot be read is said to hide at most so many free objects")
  func damagedSheaf() async throws {
    for damage in SlabKernel.SheafDamage.allCases {
      var fixture = SlabKernel(.slub7_1)
      fixture.addCache("victim", objectSize: 64, capacity: 12)
      let slab = fixture.addSlab(of: 0)
      fixture.give([3, 4, 5], of: slab, to: .spareSheaf(1))
      fixture.give([6], of: slab, to: .mainSheaf(0))
      fixture.damageSheaf(.spareSheaf(1), of: 0, damage)
      let (census, _) = try await SlabSurvey(fixture.kernel()).census()
      let expected: (free: Int, unknown: Int, overcount: Int) =
        switch damage {
        case .wildPointer, .owner: (1, 0, 12)
        case .size: (1, 3, 0)
        case .firstPointer: (3, 0, 1)
        }
      #expect(census.counts[0].free == expected.free, "\(damage)")
      #expect(census.counts[0].indeterminate == expected.unknown, "\(damage)")
      #expect(census.caches[0].overcount == expected.overcount, "\(damage)")
      #expect(census.faults(ofCache: 0).count == 1)
    }
  }

  @Test("a list of caches that goes in circles ends, and slabs lead to the caches behind")
  func cyclicCacheList() async throws {
    var fixture = SlabKernel(.slub6_1)
    for name in ["first", "second", "third"] { fixture.addCache(name, objectSize: 64) }
    fixture.addSlab(of: 2, free: [0])
    fixture.damageList(behind: 1, to: 0)
    let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.caches.map(\.name) == ["first", "second", "third"])
    #expect(census.caches[2].faults.map(\.kind) == [.mismatch])
    #expect(census.counts[2].free == 1)
    #expect(coverage.remarks.count == 1)
  }

  @Test("objects left in a destroyed cache are counted")
  func destroyedCache() async throws {
    var fixture = SlabKernel(.slab5_10)
    fixture.addCache("kept", objectSize: 64)
    fixture.addCache("destroyed", objectSize: 128)
    fixture.addSlab(of: 1)
    fixture.unlist(1)
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.caches.map(\.name) == ["kept", "destroyed"])
    #expect(census.counts[1].allocated == fixture.slots(of: 1))
    #expect(census.caches[1].faults.map(\.kind) == [.mismatch])
  }

  @Test("page structures that are not in the dump are said to be missing")
  func missingPageStructures() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("victim", objectSize: 64)
    let slab = fixture.addSlab(of: 0)
    fixture.loseStructPage(of: slab)
    let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.slotCount == 0)
    #expect(coverage.remarks.contains { $0.hasPrefix("the struct page of 64 page frames") })
  }

  /// Linux 5.9 to 5.12: `fixup_red_left` asks `slub_debug_enabled` before `red_left_pad`.
  @Test("a red zone before objects that the kernel does not heed is none")
  func unheededRedZone() async throws {
    for users in [nil, 0, 1] as [Int32?] {
      var fixture = SlabKernel(.slub5_10)
      fixture.debugUsers = users
      fixture.addCache("Acpi-State", objectSize: 80, slotSize: 128, lead: 16)
      let slab = fixture.addSlab(of: 0, free: [5, 7])
      let (census, _) = try await SlabSurvey(fixture.kernel()).census()
      let page = census.slabs[0].firstPage
      #expect(census.slabs[0].firstObject == page.advanced(by: users == 0 ? 0 : 16))
      #expect(
        census.address(of: try #require(census.object(inSlot: 5))) == fixture.object(5, of: slab))
      #expect(census.counts[0].free == 2)
      #expect(census.faults(ofCache: 0).isEmpty)
    }
  }

  @Test("what SLUB has RCU free for it is pending", arguments: [SlabEra.slub6_12, .slub7_1])
  func delayedFree(era: SlabEra) async throws {
    var fixture = SlabKernel(era, machine: .arm64)
    fixture.tag = 0xf3
    fixture.addCache("sock_inode_cache", objectSize: 64)
    let slab = fixture.addSlab(of: 0)
    fixture.give([3, 9], of: slab, to: .delayedFree(1))
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.state(of: 3) == .pending(.callRCU))
    #expect(census.state(of: 9) == .pending(.callRCU))
    #expect(census.counts[0].pending == 2)
  }

  @Test("caches have the names of those that were merged into them")
  func aliases() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("kmalloc-64", objectSize: 64)
    fixture.addCache("filp", objectSize: 232, slotSize: 256)
    for name in ["uts_namespace", "kmalloc-64", "fib6_nodes"] { fixture.alias(name, of: 0) }
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.caches[0].aliases == ["fib6_nodes", "uts_namespace"])
    #expect(census.caches[1].aliases.isEmpty)
    #expect(census.caches(named: "fib6_nodes") == [0])
  }

  @Test("the cache of a memory cgroup has the name of the one it stems from")
  func childCache() async throws {
    var fixture = SlabKernel(.slub4_19, machine: .arm64)
    fixture.tag = 0xf1
    fixture.addCache("kmalloc-64", objectSize: 64)
    fixture.addCache("kmalloc-64(12:system.slice)", objectSize: 64)
    fixture.setRoot(of: 1, to: 0)
    fixture.addSlab(of: 1)
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.caches.map(\.name) == ["kmalloc-64", "kmalloc-64"])
    #expect(census.caches[0].root == nil)
    #expect(census.caches[1].root == census.caches[0].address)
    #expect(census.caches[1].aliases == ["kmalloc-64(12:system.slice)"])
    #expect(census.caches(named: "kmalloc-64") == [0, 1])
    #expect(census.counts[1].allocated == 64)
  }

  @Test("caches are named by the variables that hold their addresses", arguments: SlabEra.all)
  func variables(era: SlabEra) async throws {
    var fixture = SlabKernel(era, machine: .arm64)
    fixture.tag = 0xf2
    fixture.addCache("pid", objectSize: 128)
    fixture.addCache("task_struct", objectSize: 512)
    fixture.holdCache(0, in: "ip6_dst_ops_template", word: 3, words: 4)
    fixture.holdCache(1, in: "task_struct_cachep")
    fixture.holdCache(0, in: "fib6_node_kmem")
    fixture.holdCache(0, in: "kmalloc_caches", word: 7, words: 14)
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(
      census.caches[0].variables.map(\.description)
        == ["ip6_dst_ops_template+0x18", "fib6_node_kmem"])
    #expect(census.caches[1].variables.map(\.description) == ["task_struct_cachep"])
  }

  @Test("objects guarded by KFENCE are where KFENCE put them", arguments: SlabEra.all)
  func kfence(era: SlabEra) async throws {
    var fixture = SlabKernel(era)
    fixture.addCache("victim", objectSize: 40, slotSize: 64)
    fixture.addSlab(of: 0)
    fixture.guardObject(of: 0, isAtEnd: true, .allocated)
    fixture.guardObject(of: 0, isAtEnd: false, .freed)
    fixture.guardObject(of: 0, isAtEnd: true, .waitingForRCU)
    let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
    #expect(differences(between: census, and: fixture.truth).isEmpty)
    #expect(census.slabs.suffix(3).allSatisfy { $0.slots == 1 && $0.slotSize == 40 })
    #expect(census.faults(ofCache: 0).isEmpty)
    #expect(coverage.remarks.isEmpty)
  }

  @Test("a callback that does not free the object it is in leaves it allocated")
  func keptCallback() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("holder", objectSize: 64)
    let slab = fixture.addSlab(of: 0)
    fixture.addKeptCallback(7, of: slab)
    fixture.give([8], of: slab, to: .callback(0))
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.state(of: 7) == .allocated)
    #expect(census.state(of: 8) == .pending(.callRCU))
  }

  @Test("where kfree_rcu is not batched its callbacks are not taken for any other")
  func unbatchedKFreeRCU() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("victim", objectSize: 64)
    let slab = fixture.addSlab(of: 0)
    fixture.give([3], of: slab, to: .kfreeRCUCallback(0))
    fixture.give([4], of: slab, to: .callback(0))
    let (census, _) = try await SlabSurvey(fixture.kernel()).census()
    #expect(census.state(of: 3) == .pending(.kfreeRCU))
    #expect(census.state(of: 4) == .pending(.callRCU))
  }

  @Test("one damaged list does not change how all others are decoded")
  func decodingByMajority() async throws {
    for hardening in SlabKernel.Hardening.allCases {
      var fixture = SlabKernel(.slub5_10, hardening: hardening)
      fixture.addCache("victim", objectSize: 64)
      let slab = fixture.addSlab(of: 0, free: [1, 2, 3])
      fixture.damage(slab, .freePointer(behind: 0, .wild))
      for _ in 0..<3 { fixture.addSlab(of: 0, free: [4, 5]) }
      let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
      #expect(census.counts[0].free == 1 + 3 * 2)
      #expect(coverage.remarks.count == (hardening == .none ? 0 : 1), "the vote is told")
    }
  }
}

extension Kernel {
  /// The same kernel with other debug information.
  fileprivate func with(
    types: (any TypeSource)? = nil, physical: (any PhysicalMemory)? = nil
  ) -> Kernel {
    Kernel(
      machine: machine, release: release, physical: physical ?? self.physical, memory: memory,
      pages: pages, perCPU: perCPU, symbols: symbols, types: types ?? self.types)
  }
}

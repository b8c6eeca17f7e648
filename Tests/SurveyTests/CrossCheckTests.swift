import DebugInfo
import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

/// Damage that leaves nothing wrong in the place itself shows by what the kernel says elsewhere.
@Suite("Counters against what is found")
struct CrossCheckTests {
  /// The census of a kernel with one cache, after words of its memory were overwritten.
  private func census(
    _ fixture: SlabKernel, overwriting words: [PhysicalAddress: UInt64] = [:]
  ) async throws -> Census {
    try await SlabSurvey(fixture.kernel(overwriting: words)).census().census
  }

  /// Where memory is that lies in the direct map.
  private func physical(_ address: VirtualAddress) -> PhysicalAddress {
    PhysicalAddress(address.offset(from: VirtualAddress(0xffff_8880_0000_0000)))
  }

  private func faults(_ census: Census) -> [String] {
    census.faults(ofCache: 0).map(\.summary)
  }

  @Test("a slab whose page has lost its mark is missed", arguments: SlabEra.all)
  func lostMark(era: SlabEra) async throws {
    var fixture = SlabKernel(era)
    fixture.addCache("filp", objectSize: 256)
    for free in [[], [2], []] as [[Int]] { fixture.addSlab(of: 0, free: free) }
    #expect(faults(try await census(fixture)).isEmpty)
    let page = fixture.structPage(of: 1)
    let words = (UInt64(0)..<8).map { (page.advanced(by: $0 * 8), UInt64(0)) }
    let damaged = try await census(fixture, overwriting: Dictionary(uniqueKeysWithValues: words))
    #expect(damaged.slabs.count == 2)
    #expect(faults(damaged).contains("its nodes count 3 slabs, but 2 were found"))
  }

  @Test("a slab that lost a bit of its count of objects is too small", arguments: SlabEra.all)
  func smallerSlab(era: SlabEra) async throws {
    guard era.isSLUB else { return }
    var fixture = SlabKernel(era)
    fixture.addCache("filp", objectSize: 256, order: 1)
    fixture.addSlab(of: 0)
    fixture.addSlab(of: 0, order: 0)
    #expect(faults(try await census(fixture)).isEmpty, "a smaller slab is nothing unusual")
    fixture.damage(0, .objects(16))
    #expect(!faults(try await census(fixture)).isEmpty)
  }

  @Test("a SLAB slab says that an object is free which its node does not count")
  func freeObjects() async throws {
    for era in [SlabEra.slab5_10, .slab6_1] {
      var fixture = SlabKernel(era)
      fixture.addCache("filp", objectSize: 256)
      let slab = fixture.addSlab(of: 0, free: [3])
      #expect(faults(try await census(fixture)).isEmpty)
      fixture.damage(slab, .inUse(fixture.slots(of: 0) - 2))
      let expected = "its nodes count 1 free objects, but its slabs have 2"
      #expect(faults(try await census(fixture)).contains(expected))
    }
  }

  @Test("a slab waits for a grace period: its nodes do not count it any more")
  func waitingSlab() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("sock", objectSize: 256)
    fixture.addSlab(of: 0)
    let slots = fixture.slots(of: 0)
    fixture.discard(fixture.addSlab(of: 0, free: Array(0..<slots)))
    #expect(faults(try await census(fixture)).isEmpty)
  }

  @Test("a slab that is a CPU's by its page, while the CPU denies it, is in doubt")
  func deniedSlab() async throws {
    for era in SlabEra.all where era.hasCPUSlabs {
      var fixture = SlabKernel(era)
      fixture.addCache("filp", objectSize: 256)
      let slab = fixture.addSlab(of: 0)
      fixture.give([1, 2, 5], of: slab, to: .cpuSlab(1))
      let whole = try await census(fixture)
      #expect(whole.freeSlots == 3 && faults(whole).isEmpty)
      // `cpu_slab` is the first member; what it leads to then is all zeros.
      let cache = whole.caches[0].address.offset(from: VirtualAddress(0xffff_8880_0000_0000))
      let damaged = try await census(fixture, overwriting: [PhysicalAddress(cache): 0x3f00])
      #expect(!faults(damaged).isEmpty)
      #expect(damaged.freeSlots == 0 && damaged.allocatedSlots == 0)
    }
  }

  @Test("a CPU's slab that is not frozen is none of it")
  func thawedSlab() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("filp", objectSize: 256)
    fixture.addSlab(of: 0, free: [7])
    let slab = fixture.addSlab(of: 0)
    fixture.give([1, 2], of: slab, to: .cpuSlab(0))
    // The counters: objects in use, objects, and in the highest bit whether it is frozen.
    let counters = fixture.structPage(of: slab).advanced(by: 40)
    let thawed = UInt64(16 | 16 << 16)
    let damaged = try await census(fixture, overwriting: [counters: thawed])
    #expect(faults(damaged) == ["CPU 0 allocates from a slab not its own"])
  }

  @Test("a slab with free objects that looks full is still on its node's list")
  func slabThatLooksFull() async throws {
    for era in [SlabEra.slub6_1, .slub6_12, .slub7_1] {
      var fixture = SlabKernel(era)
      fixture.addCache("filp", objectSize: 256)
      for free in [[], [7, 3], [], [5]] as [[Int]] { fixture.addSlab(of: 0, free: free) }
      #expect(faults(try await census(fixture)).isEmpty)
      // No freelist, and of 16 objects 16 in use.
      let page = fixture.structPage(of: 1)
      let damaged = try await census(
        fixture, overwriting: [page.advanced(by: 32): 0, page.advanced(by: 40): 16 | 16 << 16])
      #expect(faults(damaged) == ["a full slab is on its node's list of partial slabs"])
      #expect(damaged.counts[0].indeterminate == 16)
      #expect(damaged.counts[0].allocated == 47, "the other slabs are not affected")
    }
  }

  @Test("a node's list of partial slabs that ends early or leads elsewhere is no list")
  func damagedPartialList() async throws {
    var fixture = SlabKernel(.slub6_1)
    fixture.addCache("filp", objectSize: 256)
    for free in [[1], [7, 3], [2]] as [[Int]] { fixture.addSlab(of: 0, free: free) }
    let link = fixture.structPage(of: 1).advanced(by: 16)
    for word in [0, 0xffff_8880_0001_0000] as [UInt64] {
      let damaged = try await census(fixture, overwriting: [link: word])
      #expect(faults(damaged).count == 1)
      #expect(faults(damaged)[0].hasPrefix("a node's list of its partial slabs is damaged"))
      #expect(damaged.freeSlots == 4, "what is free is told by the slabs themselves")
    }
  }

  @Test("a frozen slab that no CPU knows of is in doubt", arguments: SlabEra.all)
  func unknownFrozenSlab(era: SlabEra) async throws {
    guard era.hasCPUSlabs else { return }
    var fixture = SlabKernel(era)
    fixture.addCache("filp", objectSize: 256)
    let slab = fixture.addSlab(of: 0, free: [7, 3])
    fixture.addSlab(of: 0)
    fixture.take(slab, by: 1)
    fixture.take(fixture.addSlab(of: 0, free: [1]), by: 1)
    let whole = try await census(fixture)
    #expect(faults(whole).isEmpty)
    #expect(whole.freeSlots == 3 && whole.allocatedSlots == 45)
    // `partial` of both CPUs is lost.
    let kernel = fixture.kernel()
    let types = kernel.types
    let partial = try #require(types.structure("kmem_cache_cpu", near: [])?.offset("partial"))
    let pointer = try kernel.memory.pointer(at: whole.caches[0].address)
    let place = kernel.perCPU.address(of: pointer, cpu: 1).advanced(by: partial)
    let damaged = try await census(fixture, overwriting: [physical(place): 0])
    #expect(faults(damaged).count == 2)
    #expect(damaged.freeSlots == 3 && damaged.allocatedSlots == 16)
  }

  @Test("a barn that counts other sheaves than are on its list", arguments: SlabEra.all)
  func miscountedBarn(era: SlabEra) async throws {
    guard era.sheaves != .none else { return }
    var fixture = SlabKernel(era)
    fixture.addCache("filp", objectSize: 256, capacity: 4)
    let slab = fixture.addSlab(of: 0)
    fixture.give([1, 2, 3, 4], of: slab, to: .barn(node: 0, 0))
    fixture.give([5, 6, 7, 8], of: slab, to: .barn(node: 0, 1))
    let whole = try await census(fixture)
    #expect(faults(whole).isEmpty && whole.freeSlots == 8)
    let kernel = fixture.kernel()
    let cache = try #require(kernel.types.structure("kmem_cache", near: []))
    let barn = try #require(kernel.types.structure("node_barn", near: []))
    var holder = whole.caches[0].address
      .advanced(by: try #require(cache.offset("node") ?? cache.offset("per_node")))
    if era.sheaves == .inNode {
      let node = try #require(kernel.types.structure("kmem_cache_node", near: []))
      holder = try kernel.memory.pointer(at: holder)
        .advanced(by: try #require(node.offset("barn")))
    }
    // The list leads back to its head at once.
    let list = try kernel.memory.pointer(at: holder)
      .advanced(by: try #require(barn.offset("sheaves_full")))
    let damaged = try await census(fixture, overwriting: [physical(list): list.rawValue])
    #expect(damaged.caches[0].overcount == 40, "as many as ten sheaves may be lost")
    #expect(faults(damaged).count == 1)
    #expect(faults(damaged)[0].hasPrefix("a barn counts 2 full sheaves, but 0 are on its list"))
  }
}

extension Census {
  fileprivate var freeSlots: Int { count { if case .free = $0 { true } else { false } } }
  fileprivate var allocatedSlots: Int { count { $0 == .allocated } }

  private func count(_ isCounted: (ObjectState) -> Bool) -> Int {
    (0..<slotCount).count { isCounted(state(of: $0)) }
  }
}

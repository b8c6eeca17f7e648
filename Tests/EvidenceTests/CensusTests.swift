import Evidence
import Memory
import Testing

/// Two caches, and three slabs whose addresses leave a gap.
private func builder() -> CensusBuilder {
  var builder = CensusBuilder(caches: [
    SlabCache(
      name: "kmalloc-64", address: VirtualAddress(0xffff_8880_0100_0000), objectSize: 64,
      slotSize: 64, objectsPerSlab: 64),
    SlabCache(
      name: "filp", aliases: ["file"], address: VirtualAddress(0xffff_8880_0100_0100),
      objectSize: 232, slotSize: 256, objectsPerSlab: 32),
  ])
  builder.addSlab(
    cache: 0, firstPage: VirtualAddress(0xffff_8880_0200_0000), pages: 1,
    firstObject: VirtualAddress(0xffff_8880_0200_0000), slots: 64, slotSize: 64)
  builder.addSlab(
    cache: 1, firstPage: VirtualAddress(0xffff_8880_0200_2000), pages: 2,
    firstObject: VirtualAddress(0xffff_8880_0200_2040), slots: 31, slotSize: 256)
  builder.addSlab(
    cache: 0, firstPage: VirtualAddress(0xffff_8880_4000_0000), pages: 1,
    firstObject: VirtualAddress(0xffff_8880_4000_0000), slots: 64, slotSize: 64)
  return builder
}

@Suite("Census")
struct CensusTests {
  @Test("every slot is in exactly one state and the totals reconcile")
  func totals() {
    var builder = builder()
    builder.set(0, to: .free(.slab))
    builder.set(1, to: .free(.cpuSlab))
    builder.set(64, to: .pending(.rcuSheaf))
    let fault = builder.addFault(Fault(.cycle, "freelist comes back to slot 3"), toSlab: 2)
    builder.set(100, to: .indeterminate(fault: fault))
    let census = Census(builder)
    census.checkInvariants()
    #expect(census.slotCount == 64 + 31 + 64)
    #expect(census.counts[0].allocated == 125)
    #expect(census.counts[0].free == 2)
    #expect(census.counts[0].indeterminate == 1)
    #expect(census.counts[1].allocated == 30)
    #expect(census.counts[1].pending == 1)
    #expect(census.state(of: 0) == .free(.slab))
    #expect(census.state(of: 1) == .free(.cpuSlab))
    #expect(census.state(of: 2) == .allocated)
    #expect(census.state(of: 64) == .pending(.rcuSheaf))
    #expect(census.state(of: 100) == .indeterminate(fault: 0))
    #expect(census.faults(ofCache: 0).map(\.kind) == [.cycle])
    #expect(census.faults(ofCache: 1).isEmpty)
  }

  @Test("the last state set counts, and an older reason is forgotten")
  func resetState() {
    var builder = builder()
    builder.set(5, to: .free(.barn))
    builder.set(5, to: .free(.slab))
    builder.set(6, to: .pending(.kfreeRCU))
    builder.set(6, to: .allocated)
    let census = Census(builder)
    census.checkInvariants()
    #expect(census.state(of: 5) == .free(.slab))
    #expect(census.state(of: 6) == .allocated)
  }

  @Test("finds the object behind an interior address")
  func interior() throws {
    let census = Census(builder())
    let object = try #require(
      census.object(containing: VirtualAddress(0xffff_8880_0200_2040 + 256 * 30 + 255)))
    #expect(object.slab == 1)
    #expect(object.index == 30)
    #expect(object.offset == 255)
    #expect(census.slot(of: object) == 64 + 30)
    #expect(census.address(of: object) == VirtualAddress(0xffff_8880_0200_2040 + 256 * 30))
  }

  @Test("a slab behind one with a left red zone keeps its first page")
  func redZone() throws {
    var builder = CensusBuilder(caches: [
      SlabCache(
        name: "kmalloc-112", address: VirtualAddress(0xffff_8880_0100_0000), objectSize: 112,
        slotSize: 128, objectsPerSlab: 32)
    ])
    let start = VirtualAddress(0xffff_8880_0200_0000)
    for number in 0..<2 {
      let page = start.advanced(by: number * 4096)
      // 32 slots of 128 bytes fill the page, and the last object ends 16 bytes before its slot's
      // end as counted from the first object.
      builder.addSlab(
        cache: 0, firstPage: page, pages: 1, firstObject: page.advanced(by: 16), slots: 32,
        slotSize: 128)
    }
    let census = Census(builder)
    let object = try #require(census.object(containing: start.advanced(by: 4096 + 16)))
    #expect(object.slab == 1)
    #expect(object.index == 0)
  }

  @Test("each slot leads to its object and back")
  func slots() throws {
    var builder = builder()
    builder.addSlab(
      cache: 0, firstPage: VirtualAddress(0xffff_8880_4000_1000), pages: 1,
      firstObject: VirtualAddress(0xffff_8880_4000_1000), slots: 0, slotSize: 64)
    let census = Census(builder)
    for slot in 0..<census.slotCount {
      let object = try #require(census.object(inSlot: slot))
      #expect(census.slot(of: object) == slot)
      #expect(census.object(containing: census.address(of: object)) == object)
    }
    #expect(census.object(inSlot: census.slotCount) == nil)
    #expect(census.object(inSlot: -1) == nil)
  }

  @Test(
    "no object is where there is none",
    arguments: [
      0, 0xffff_8880_0200_2000,  // left of the first object
      0xffff_8880_0200_2040 + 256 * 31,  // right of the last
      0xffff_8880_0200_1000, 0xffff_8880_0200_4000, 0xffff_8880_4000_1000, .max,
    ] as [UInt64])
  func outside(address: UInt64) {
    #expect(Census(builder()).object(containing: VirtualAddress(address)) == nil)
  }

  @Test("an alias finds its cache")
  func alias() {
    let census = Census(builder())
    #expect(census.caches(named: "file") == [1])
    #expect(census.caches(named: "kmalloc-64") == [0])
    #expect(census.caches(named: "none").isEmpty)
  }

  @Test("a slab at the end of the address space does not overflow")
  func lastPage() {
    var builder = CensusBuilder(caches: [
      SlabCache(
        name: "wild", address: VirtualAddress(0), objectSize: 8, slotSize: 8, objectsPerSlab: 512)
    ])
    builder.addSlab(
      cache: 0, firstPage: VirtualAddress(.max - 4095), pages: .max,
      firstObject: VirtualAddress(.max - 4095), slots: 512, slotSize: 8)
    let census = Census(builder)
    census.checkInvariants()
    #expect(census.object(containing: VirtualAddress(8)) == nil)
  }
}

import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Records of who allocated objects")
struct RecordedAllocationsTests {
  /// A kernel with one slab of a cache whose objects have records.
  struct Fixture {
    var kernel: SlabKernel
    let slab: Int

    /// The free pointer lies in the object, or behind it.
    init(_ era: SlabEra, isPointerOutside: Bool = false, lead: Int = 16) {
      kernel = SlabKernel(era)
      let end = isPointerOutside ? 72 : 64
      let cache = kernel.addCache(
        "victim", objectSize: 64, slotSize: lead + end + kernel.tracksSize, order: 1, lead: lead,
        freePointer: isPointerOutside ? 64 : 32)
      kernel.keepTracks(of: cache)
      slab = kernel.addSlab(of: cache, free: [0])
    }

    /// A call from the functions with these numbers, innermost first.
    func call(_ callers: [UInt64], pid: UInt64 = 71, secondsAgo: UInt64 = 0) -> SlabKernel.Call {
      let stack = callers.map { kernel.function($0) + 0x10 }
      // The allocator's own function stands before its caller.
      return SlabKernel.Call(
        caller: stack[0], stack: [kernel.function(15) + 4] + stack, pid: pid,
        time: SlabKernel.now - secondsAgo * 250)
    }

    func opened() async throws -> (records: RecordedAllocations?, census: Census, kernel: Kernel) {
      let kernel = kernel.kernel()
      let (census, _) = try await SlabSurvey(kernel).census()
      return (RecordedAllocations(kernel, census: census), census, kernel)
    }

    func addresses(_ callers: [UInt64]) -> [VirtualAddress] {
      callers.map { VirtualAddress(kernel.function($0) + 0x10) }
    }
  }

  static let eras: [SlabEra] = [.slub5_10, .slub6_1, .slub6_11, .slub6_12, .slub6_18, .slub7_1]

  @Test("an object tells who allocated it, and who freed what was there before", arguments: eras)
  func record(era: SlabEra) async throws {
    for isPointerOutside in [false, true] {
      var fixture = Fixture(era, isPointerOutside: isPointerOutside)
      fixture.kernel.track(
        3, of: fixture.slab, fixture.call([1, 2, 3], secondsAgo: 30),
        free: fixture.call([4], pid: 0, secondsAgo: 90))
      let records = try #require(try await fixture.opened().records)
      let record = try #require(records.record(of: 3))
      #expect(
        record.allocation
          == RecordedCall(stack: fixture.addresses([1, 2, 3]), cpu: 1, pid: 71, age: 30))
      #expect(
        record.free == RecordedCall(stack: fixture.addresses([4]), cpu: 1, pid: 0, age: 90))
      #expect(record.line == nil)
      #expect(records.record(of: 4) == nil, "its record is blank")
      #expect(records.record(of: 1 << 40) == nil)
    }
  }

  @Test("the ways to the allocator are counted, the commonest first", arguments: eras)
  func sites(era: SlabEra) async throws {
    var fixture = Fixture(era)
    for slot in 1..<8 {
      let way: [UInt64] = slot == 5 ? [1, 2, 3, 4, 9] : [1, 2, 3, 4, UInt64(slot)]
      fixture.kernel.track(slot, of: fixture.slab, fixture.call(way, secondsAgo: UInt64(slot)))
    }
    fixture.kernel.track(8, of: fixture.slab, fixture.call([7, 6], secondsAgo: 20))
    let records = try #require(try await fixture.opened().records)
    let sites = try #require(records.sites(of: Array(1..<10)))
    #expect(sites.examined == 9)
    #expect(sites.recorded == 8)
    #expect(
      sites.sites == [
        .init(count: 7, stack: fixture.addresses([1, 2, 3, 4]), line: nil),
        .init(count: 1, stack: fixture.addresses([7, 6]), line: nil),
      ])
    #expect(sites.ages == 1...20)
    #expect(records.sites(of: [9]) == nil, "nothing is known of it")
    #expect(records.sites(of: []) == nil)
  }

  @Test("a record that cannot be true is none", arguments: eras)
  func garbage(era: SlabEra) async throws {
    var fixture = Fixture(era)
    var calls = [SlabKernel.Call](repeating: fixture.call([1, 2]), count: 4)
    calls[0].caller = 0x6b6b_6b6b_6b6b_6b6b
    calls[1].caller = 0xffff_ffff_9999_0000
    calls[2].pid = 0x5a5a_5a5a
    calls[3].cpu = 0xffff_fffe
    for (slot, call) in calls.enumerated() {
      fixture.kernel.track(slot + 1, of: fixture.slab, call)
    }
    var future = fixture.call([1, 2])
    future.time = SlabKernel.now + 250
    fixture.kernel.track(6, of: fixture.slab, future)
    let records = try #require(try await fixture.opened().records)
    for slot in 1...4 { #expect(records.record(of: slot) == nil) }
    let record = try #require(records.record(of: 6))
    #expect(record.allocation?.stack == fixture.addresses([1, 2]))
    #expect(record.allocation?.age == nil, "a time to come tells no age")
  }

  @Test("a number that leads to no stack leaves the caller", arguments: eras.dropFirst())
  func wildHandle(era: SlabEra) async throws {
    for handle in [0, 1, 0xffff_ffff, 0x3ff_0002] as [UInt64] {
      var fixture = Fixture(era)
      fixture.kernel.track(1, of: fixture.slab, fixture.call([1, 2]))
      let place = fixture.kernel.trackPlace(1, of: fixture.slab).advanced(by: 8)
      fixture.kernel.write(handle | 1 << 32, at: place)
      let records = try #require(try await fixture.opened().records)
      #expect(records.record(of: 1)?.allocation?.stack == fixture.addresses([1]))
    }
  }

  @Test("a cache without the flag, and an object of KFENCE's, have no records")
  func none() async throws {
    var plain = SlabKernel(.slub6_1)
    plain.addCache("plain", objectSize: 64, slotSize: 64 + plain.tracksSize)
    plain.addSlab(of: 0)
    let kernel = plain.kernel()
    let (census, _) = try await SlabSurvey(kernel).census()
    #expect(RecordedAllocations(kernel, census: census) == nil)
    var fixture = Fixture(.slub6_12)
    fixture.kernel.track(1, of: fixture.slab, fixture.call([1]))
    fixture.kernel.guardObject(of: 0, isAtEnd: false, .allocated)
    let (records, guarded, _) = try await fixture.opened()
    #expect(try #require(records).record(of: guarded.slotCount - 1) == nil)
    #expect(try #require(records).record(of: 1) != nil)
  }

  @Test(
    "memory allocation profiling tells the line of code",
    arguments: [SlabEra.slub6_11, .slub6_12, .slub6_18, .slub7_1])
  func codeTags(era: SlabEra) async throws {
    var kernel = SlabKernel(era)
    kernel.addCache("victim", objectSize: 64, order: 1)
    let slab = kernel.addSlab(of: 0)
    let leak = SlabKernel.CodeLine(
      file: "leakmod.c", line: 25, function: "tm_open", module: "leakmod")
    for slot in 10..<20 { kernel.tag(slot, of: slab, leak) }
    kernel.tag(30, of: slab, .init(file: "fs/file_table.c", line: 180, function: "alloc_file"))
    kernel.tag(31, of: slab, .init(file: "\u{1}", line: 180, function: "no name"))
    let opened = kernel.kernel()
    let (census, _) = try await SlabSurvey(opened).census()
    let records = try #require(RecordedAllocations(opened, census: census))
    let line = AllocationLine(file: "leakmod.c", line: 25, function: "tm_open", module: "leakmod")
    #expect(records.record(of: 12) == AllocationRecord(line: line))
    #expect(records.record(of: 30)?.line?.module == nil)
    #expect(records.record(of: 30)?.line?.function == "alloc_file")
    #expect(records.record(of: 31) == nil, "text that cannot be printed is no name")
    #expect(records.record(of: 5) == nil)
    let sites = try #require(records.sites(of: Array(0..<64)))
    #expect((sites.examined, sites.recorded) == (64, 11))
    #expect(sites.sites.first == .init(count: 10, stack: [], line: line))
    #expect(sites.ages == nil)
  }
}

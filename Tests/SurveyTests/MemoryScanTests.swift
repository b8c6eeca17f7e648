import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Scan of memory for references")
struct MemoryScanTests {
  /// A kernel with a slab of targets, all of them in use, and one of holders.
  struct Fixture {
    var kernel: SlabKernel
    let targets: Int
    let holders: Int

    /// The holders in `free` are free.
    init(_ era: SlabEra = .slub6_1, machine: Machine = .x86_64, free: [Int] = []) {
      kernel = SlabKernel(era, machine: machine)
      let targetCache = kernel.addCache("kmalloc-32", objectSize: 32)
      let holderCache = kernel.addCache("holder", objectSize: 96, slotSize: 128)
      targets = kernel.addSlab(of: targetCache)
      holders = kernel.addSlab(of: holderCache, free: free)
    }

    /// The address of a target.
    func target(_ number: Int) -> VirtualAddress { kernel.object(number, of: targets) }

    /// Writes a word into a holder.
    mutating func hold(_ word: UInt64, in holder: Int, at offset: Int = 16) {
      kernel.write(word, at: kernel.object(holder, of: holders).advanced(by: offset))
    }

    /// Writes a word into a page of its own.
    mutating func keep(_ word: UInt64, inFrame frame: UInt64) {
      kernel.write(word, at: kernel.address(64, inFrame: frame))
    }

    /// What a scan finds of the first targets.
    func references(to count: Int = 8) async throws -> References {
      let kernel = kernel.kernel()
      let (census, _) = try await SlabSurvey(kernel).census()
      return await MemoryScan(kernel, census: census).references(to: (0..<UInt32(count)).reversed())
    }
  }

  @Test("objects, variables and other pages count apart, wherever a word leads in the object")
  func places() async throws {
    var fixture = Fixture()
    let (variable, page) = (SlabKernel.spareFrame(0), SlabKernel.spareFrame(1))
    fixture.kernel.setUse(ofFrame: variable, to: .reserved)
    fixture.kernel.setUse(ofFrame: page, to: .kernel)
    fixture.hold(fixture.target(0).rawValue, in: 1)
    fixture.hold(fixture.target(1).rawValue + 31, in: 2)
    fixture.hold(fixture.target(1).rawValue, in: 3)
    fixture.keep(fixture.target(2).rawValue, inFrame: variable)
    fixture.keep(fixture.target(3).rawValue + 8, inFrame: page)
    let found = try await fixture.references()
    #expect(found.slots == Array(0..<8))
    #expect(found.counts.map(\.objects) == [1, 2, 0, 0, 0, 0, 0, 0])
    #expect(found.counts.map(\.variables) == [0, 0, 1, 0, 0, 0, 0, 0])
    #expect(found.counts.map(\.stale) == [0, 0, 0, 1, 0, 0, 0, 0])
    #expect(found.counts.allSatisfy { $0.mutual == 0 })
    #expect(found.places == [.object(cache: 1): 3, .reserved: 1, .pages: 1])
    #expect(
      found.samples.first
        == Reference(
          address: fixture.kernel.address(64, inFrame: variable), place: .reserved, slot: 2,
          offset: 0))
    #expect(found.samples.map(\.offset) == [0, 8, 0, 31, 0])
    #expect(found.coverage.isComplete)
  }

  @Test("objects that refer to themselves or to one another keep nobody")
  func cycles() async throws {
    var fixture = Fixture()
    fixture.kernel.write(fixture.target(0).rawValue, at: fixture.target(0).advanced(by: 8))
    fixture.kernel.write(fixture.target(2).rawValue, at: fixture.target(1).advanced(by: 8))
    fixture.kernel.write(fixture.target(1).rawValue, at: fixture.target(2).advanced(by: 8))
    fixture.kernel.write(fixture.target(3).rawValue, at: fixture.target(9).advanced(by: 8))
    let found = try await fixture.references()
    #expect(found.counts.map(\.mutual) == [0, 1, 1, 0, 0, 0, 0, 0])
    #expect(found.counts.map(\.objects) == [0, 0, 0, 1, 0, 0, 0, 0], "9 was not asked about")
  }

  @Test("what free objects hold, or what lies behind an object, does not count")
  func excluded() async throws {
    var fixture = Fixture(free: [5])
    fixture.hold(fixture.target(0).rawValue, in: 5)
    fixture.hold(fixture.target(1).rawValue, in: 6, at: 104)
    let found = try await fixture.references()
    #expect(found.counts.allSatisfy { $0 == References.Counts() })
    #expect(found.coverage.excludedWords == 2)
  }

  @Test(
    "free pages and those of processes are not looked at",
    arguments: [SlabEra.slub6_1, .slub6_11, .slub6_12])
  func otherPages(era: SlabEra) async throws {
    var fixture = Fixture(era)
    let frame = SlabKernel.spareFrame
    fixture.kernel.setUse(ofFrame: frame(0), to: .free(order: 2))
    fixture.kernel.setUse(ofFrame: frame(4), to: .listed)
    fixture.kernel.setUse(ofFrame: frame(5), to: .anonymous)
    for number in [0, 3, 4, 5, 6] as [UInt64] {
      fixture.keep(fixture.target(Int(number)).rawValue, inFrame: frame(number))
    }
    let found = try await fixture.references()
    #expect(found.counts.map(\.stale) == [0, 0, 0, 0, 0, 0, 1, 0])
    #expect(found.coverage.otherPages == 6)
    #expect(found.coverage.scannedPages == 1024 - 6)
  }

  @Test("a page that may hold references and is not in the dump is told, others are not needed")
  func missing() async throws {
    var fixture = Fixture()
    let frame = SlabKernel.spareFrame
    for (number, use) in [SlabKernel.PageUse.free(order: 0), .listed, .anonymous].enumerated() {
      fixture.kernel.setUse(ofFrame: frame(UInt64(number)), to: use)
      fixture.kernel.loseFrame(frame(UInt64(number)))
    }
    #expect(try await fixture.references().coverage.isComplete)
    fixture.kernel.setUse(ofFrame: frame(3), to: .kernel)
    fixture.kernel.loseFrame(frame(3))
    fixture.kernel.loseFrame(fixture.kernel.frame(of: fixture.holders).rawValue)
    let coverage = try await fixture.references().coverage
    #expect(coverage.missingPages == 2)
    #expect(!coverage.isComplete)
  }

  @Test("a tag in the top byte is none of the address on arm64")
  func tags() async throws {
    for machine in Machine.allCases {
      var fixture = Fixture(machine: machine)
      fixture.hold(fixture.target(0).rawValue & ~(0xff << 56) | 0xf3 << 56, in: 1)
      let found = try await fixture.references()
      #expect(found.counts[0].objects == (machine == .arm64 ? 1 : 0))
    }
  }

  @Test("the pointer to the next free object that an allocated one still holds is no reference")
  func freePointer() async throws {
    var fixture = Fixture()
    fixture.kernel.write(fixture.target(1).rawValue, at: fixture.target(20))
    let found = try await fixture.references()
    #expect(found.counts[1].objects == 0 && found.counts[1].stale == 1)
    #expect(found.places == [.freePointer(cache: 0): 1])
  }

  @Test("what a sheaf held before is no reference, whatever objects it is for now")
  func sheaf() async throws {
    var fixture = Fixture(.slub7_1)
    let (census, _) = try await SlabSurvey(fixture.kernel.kernel()).census()
    fixture.hold(census.caches[1].address.rawValue, in: 4, at: 16)
    fixture.hold(fixture.target(0).rawValue, in: 4, at: 40)
    let found = try await fixture.references()
    #expect(found.counts[0] == References.Counts())
    #expect(found.coverage.excludedWords == 1)
  }

  @Test("what calls that are over left on stacks keeps nobody; a task that runs may use all of its")
  func stacks() async throws {
    var fixture = Fixture()
    let stacks = (0..<3).map { SlabKernel.spareFrame(4 * $0) }
    fixture.kernel.addTask(stack: stacks[0], asleepWith: 512)
    fixture.kernel.addTask(stack: stacks[1])
    fixture.kernel.addSpareStack(stacks[2], onCPU: 1)
    // Of each stack one word at its start and one in its last 256 bytes.
    for (number, stack) in stacks.enumerated() {
      for (place, target) in [(0, 2 * number), (4 * 4096 - 256, 2 * number + 1)] {
        fixture.kernel.write(
          fixture.target(target).rawValue, at: fixture.kernel.address(place, inFrame: stack))
      }
    }
    let found = try await fixture.references()
    #expect(found.counts.map(\.stale) == [0, 1, 1, 1, 0, 0, 0, 0])
    #expect(found.counts.map(\.total) == [0, 1, 1, 1, 0, 0, 0, 0])
    #expect(found.places == [.stack: 3])
    #expect(found.coverage.excludedWords == 3)
  }

  @Test("KASAN's ring of allocations keeps nothing")
  func stackRing() async throws {
    for machine in Machine.allCases {
      var fixture = Fixture(machine: machine)
      fixture.kernel.enterIntoStackRing(3, of: fixture.targets)
      let found = try await fixture.references()
      #expect(found.counts[3] == References.Counts())
      #expect(found.coverage.excludedWords == 1)
    }
  }

  @Test("SLAB's own pointer to the first object of a slab is no reference")
  func firstObject() async throws {
    let found = try await Fixture(.slab6_1).references()
    #expect(found.counts[0] == References.Counts())
    #expect(found.coverage.excludedWords > 0)
  }

  @Test("slots that there are not, and none at all, are answered")
  func strangeTargets() async throws {
    let kernel = Fixture().kernel.kernel()
    let (census, _) = try await SlabSurvey(kernel).census()
    let scan = MemoryScan(kernel, census: census)
    #expect(await scan.references(to: []).slots.isEmpty)
    #expect(await scan.references(to: [.max, 3, 3]).slots == [3])
  }
}

import ByteKit
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite struct ELFCoreTests {
  static let frames = PageFrame(0x100)..<PageFrame(0x104)

  /// Four pages of random bytes from 1 MiB on, and one at 4 MiB.
  static var image: PhysicalImage {
    var random = SeededGenerator(seed: 1)
    var image = PhysicalImage()
    image.write(random.bytes(4 * 4096), at: PhysicalAddress(0x10_0000))
    image.write(random.bytes(4096), at: PhysicalAddress(0x40_0000))
    return image
  }

  func open(_ builder: ELFCoreBuilder) throws(DumpFailure) -> DumpFile {
    try DumpFile.open(bytes: Bytes(builder.bytes))
  }

  @Test func pagesAreThoseOfTheMachine() throws {
    let dump = try open(ELFCoreBuilder(memory: Self.image))
    #expect(dump.format.container == .elfCore)
    #expect(dump.machine == .x86_64)
    #expect(dump.memory.pageSize == .kib4)
    expectEqual(dump.memory, Self.image)
    #expect(dump.memory.absence(of: PageFrame(0xFF)) == .hole)
    #expect(dump.memory.absence(of: PageFrame(0x104)) == .hole)
    #expect(dump.memory.absence(of: PageFrame(.max)) == .hole)
  }

  @Test(arguments: [0, 1, 0x214]) func memoryNeedNotBeAligned(gap: Int) throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.gap = gap
    expectEqual(try open(builder).memory, Self.image)
  }

  @Test func headersAreWhereQEMUPutsThem() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.programHeaderOffset = 192
    builder.headerSize = 8
    expectEqual(try open(builder).memory, Self.image)
  }

  @Test func segmentsAreCountedInASectionHeader() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.usesExtendedNumbering = true
    expectEqual(try open(builder).memory, Self.image)
  }

  @Test func pagesOfOtherSizesAreCutFromSegments() throws {
    var image = PhysicalImage(pageSize: .kib64)
    image.write([1, 2, 3], at: PhysicalAddress(0x8_0000))
    var builder = ELFCoreBuilder(machine: .arm64, memory: image)
    builder.notes = [
      .vmcoreinfo(VMCoreInfoBuilder(release: "6.1", pageSize: .kib64).text + "SYMBOL(a)=1\n")
    ]
    let dump = try open(builder)
    #expect(dump.machine == .arm64)
    #expect(dump.memory.pageSize == .kib64)
    expectEqual(dump.memory, image)
  }

  @Test func whatIsOnlyInMemoryIsNotZero() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.segments = [
      .init(address: 0x10_0000, contents: Self.image.bytes(of: 0x100), absent: 2 * 4096)
    ]
    let memory = try open(builder).memory
    #expect(memory.frames == [PageFrame(0x100)..<PageFrame(0x103)])
    #expect(memory.absence(of: PageFrame(0x100)) == nil)
    for frame in [PageFrame(0x101), PageFrame(0x102)] {
      #expect(memory.absence(of: frame) == .excludedOrZero)
      #expect(throws: Absence.excludedOrZero) { try memory.page(frame) }
    }
  }

  @Test func overlappingSegmentsGiveEachPageOnce() throws {
    let image = Self.image
    var builder = ELFCoreBuilder(memory: image)
    builder.segments = [
      // The kernel's text, inside of RAM; and RAM of which a filter left the first page.
      .init(address: 0x10_1000, contents: image.bytes(of: 0x101) + image.bytes(of: 0x102)),
      .init(address: 0x10_0000, contents: image.bytes(of: 0x100), absent: 3 * 4096),
    ]
    let memory = try open(builder).memory
    #expect(memory.frames == [Self.frames])
    for number in UInt64(0x100)..<0x103 {
      #expect(try memory.page(PageFrame(number)).array == image.bytes(of: number))
    }
    #expect(memory.absence(of: PageFrame(0x103)) == .excludedOrZero)
  }

  @Test func aPageInTwoSegmentsIsJoined() throws {
    let page = Self.image.bytes(of: 0x100)
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.gap = 3
    builder.segments = [
      .init(address: 0x10_0C00, contents: Array(page[0xC00...])),
      .init(address: 0x10_0000, contents: Array(page[..<0xC00])),
    ]
    #expect(try open(builder).memory.page(PageFrame(0x100)).array == page)
  }

  @Test func aPageOfWhichHalfIsMissingIsNotGiven() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.segments = [.init(address: 0x10_0400, contents: [UInt8](repeating: 1, count: 0x1400))]
    let memory = try open(builder).memory
    #expect(memory.absence(of: PageFrame(0x100)) == .hole)
    #expect(memory.absence(of: PageFrame(0x101)) == .hole)
    #expect(memory.frames.isEmpty)
  }

  @Test func addressesThatAreNotPhysicalAreLeftOut() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    let virtual = [UInt8](repeating: 1, count: 4096)
    builder.segments.append(.init(address: .max, contents: virtual))
    builder.segments.append(.init(address: 1 << 52, contents: virtual))
    expectEqual(try open(builder).memory, Self.image)
  }

  @Test func aCutFileKeepsWhatComesBeforeTheCut() throws {
    let whole = ELFCoreBuilder(memory: Self.image).bytes
    let dump = try DumpFile.open(bytes: Bytes(Array(whole.dropLast(4096 + 1))))
    #expect(dump.format.isTruncated)
    #expect(dump.memory.absence(of: PageFrame(0x102)) == nil)
    #expect(dump.memory.absence(of: PageFrame(0x103)) == .truncated)
    #expect(dump.memory.absence(of: PageFrame(0x400)) == .truncated)
    #expect(throws: Absence.truncated) { try dump.memory.page(PageFrame(0x400)) }
  }

  @Test func notesTellOfTheCPUs() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    let registers = (0..<27).map { UInt64($0) + 100 }
    builder.notes = [
      .cpu(.x86_64, pid: 42, registers: registers), .cpu(.x86_64, pid: 0, registers: registers),
      .qemuCPU(cr0: 0x8005_0033, cr3: 0x1BCB_4730, cr4: 0x75_1EF0, gsBase: 0xFFFF_8880_0000_0000),
    ]
    let dump = try open(builder)
    #expect(dump.cpus.map(\.pid) == [42, 0])
    // user_regs_struct: r15 comes first, rip is the 17th, rsp the 20th.
    #expect(dump.cpus[0]["r15"] == 100)
    #expect(dump.cpus[0]["rip"] == 116)
    #expect(dump.cpus[0]["rsp"] == 119)
    #expect(dump.cpus[0]["x0"] == nil)
    #expect(dump.qemuCPUs.map(\.cr3) == [0x1BCB_4730])
    #expect(dump.qemuCPUs.map(\.cr4) == [0x75_1EF0])
    #expect(dump.qemuCPUs.map(\.kernelGSBase) == [0xFFFF_8880_0000_0000])
  }

  @Test func arm64CPUsHaveTheirOwnRegisters() throws {
    var builder = ELFCoreBuilder(machine: .arm64, memory: Self.image)
    builder.notes = [.cpu(.arm64, pid: 7, registers: (0..<34).map { UInt64($0) })]
    let cpu = try #require(try open(builder).cpus.first)
    #expect(cpu["x0"] == 0 && cpu["x30"] == 30 && cpu["sp"] == 31 && cpu["pc"] == 32)
  }

  @Test func notesEndAtTheFirstOfZeros() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.notes = [
      CoreNote(owner: "A", type: 1, contents: [1]),
      CoreNote(owner: "", type: 0, contents: []), CoreNote(owner: "B", type: 1, contents: [2]),
    ]
    builder.notes[1].countsNUL = false
    #expect(try open(builder).notes.map(\.owner) == ["A"])
  }

  @Test func namesOfNotesNeedNoNUL() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.notes = [CoreNote(owner: "VMCOREINFO", type: 0, contents: [1, 2, 3])]
    builder.notes[0].countsNUL = false
    let notes = try open(builder).notes
    #expect(notes.map(\.owner) == ["VMCOREINFO"])
    #expect(notes.map(\.contents) == [Bytes([1, 2, 3])])
  }

  @Test func makedumpfileMarksWhatItCouldNotFinish() throws {
    var builder = ELFCoreBuilder(memory: Self.image)
    builder.flags = 1
    #expect(try open(builder).format.isIncomplete)
  }
}

import ByteKit
import Codecs
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite struct KdumpDamageTests {
  let builder = KdumpBuilder(memory: KdumpTests.image())

  func memory(_ change: (inout KdumpBuilder) -> Void) throws -> any PhysicalMemory {
    var builder = builder
    change(&builder)
    return try DumpFile.open(bytes: Bytes(builder.bytes())).memory
  }

  /// Opens the dump after writing `value` at `offset`.
  func open<Word: FixedWidthInteger>(_ value: Word, at offset: Int) throws -> DumpFile {
    try DumpFile.open(bytes: Bytes(builder.bytes()).with(value, at: offset))
  }

  @Test(arguments: [0, 4097, UInt32.max]) func aBlockOfNoPossibleSizeIsCorrupt(
    size: UInt32
  ) throws {
    let memory = try memory { $0.sizes[PageFrame(4)] = size }
    #expect(memory.absence(of: PageFrame(4)) == .corrupt(.size(size)))
    #expect(throws: Absence.corrupt(.size(size))) { try memory.page(PageFrame(4)) }
    #expect(memory.absence(of: PageFrame(5)) == nil)
  }

  @Test func aBlockThatIsNotCompressedMustBeWhole() throws {
    let memory = try memory {
      $0.codec = nil
      $0.sizes[PageFrame(4)] = 4095
    }
    #expect(memory.absence(of: PageFrame(4)) == .corrupt(.size(4095)))
  }

  @Test(arguments: [3, 8, 0x40, UInt32.max]) func flagsOfNoOneCodecAreCorrupt(
    flags: UInt32
  ) throws {
    let memory = try memory { $0.flags[PageFrame(4)] = flags }
    #expect(memory.absence(of: PageFrame(4)) == .corrupt(.flags(flags)))
  }

  @Test(arguments: [2, 4, 0x20]) func contentsOfAnotherCodecAreCorrupt(flags: UInt32) throws {
    let memory = try memory { $0.flags[PageFrame(4)] = flags }
    #expect(memory.absence(of: PageFrame(4)) == nil, "told without looking at the contents")
    #expect(throws: Absence.corrupt(.contents)) { try memory.page(PageFrame(4)) }
  }

  @Test func aHeaderOfTheOtherByteOrderIsRefused() {
    #expect(throws: DumpFailure.self) { try open(UInt32(6).byteSwapped, at: 8) }
    expectSentence("big-endian") { try open(UInt32(6).byteSwapped, at: 8) }
  }

  @Test func a32BitHeaderIsRefused() throws {
    var file = try Bytes(builder.bytes()).with(UInt32(0), at: 428)
    file = file.with(UInt32(4096), at: 416)
    let changed = file
    expectSentence("32-bit") { try DumpFile.open(bytes: changed) }
  }

  @Test(arguments: ["i686", "armv7l"]) func a32BitMachineIsRefused(machine: String) {
    expectSentence("32-bit") { try memory { $0.uname[4] = machine } }
  }

  @Test(arguments: ["s390x", "ppc64le", "riscv64"]) func anotherMachineIsNamed(machine: String) {
    expectSentence(machine) { try memory { $0.uname[4] = machine } }
  }

  @Test(arguments: [0, 7, UInt32.max]) func anUnknownHeaderVersionIsRefused(version: UInt32) {
    expectSentence("version \(version)") { try open(version, at: 8) }
  }

  @Test(arguments: [0, 512, 8192, UInt32.max]) func blocksOfNoPageSizeAreRefused(size: UInt32) {
    expectSentence("blocks of \(size) bytes") { try open(size, at: 428) }
  }

  @Test func bitmapsBeyondTheEndAreRefused() {
    expectSentence("page bitmaps") { try open(UInt32.max, at: 436) }
    expectSentence("page bitmaps") { try open(UInt32.max, at: 432) }
  }

  @Test func aClaimOfManyPagesTakesNoMemory() throws {
    // max_mapnr_64 of 2^60: the bitmaps say how many there really are.
    let memory = try open(UInt64(1) << 60, at: 4096 + 96).memory
    #expect(memory.frames.count < 10)
    #expect(memory.absence(of: PageFrame(1 << 59)) == .hole)
  }

  @Test func aClaimOfLargeNotesTakesNoMemory() throws {
    #expect(try open(UInt64.max, at: 4096 + 56).notes.isEmpty)
    #expect(try open(UInt64.max, at: 4096 + 48).notes.isEmpty)
    #expect(try open(UInt64.max, at: 4096 + 32).vmcoreinfo == nil)
  }

  @Test func aPartThatEndsBeforeItStartsIsRefused() throws {
    let file = try Bytes(builder.bytes()).with(UInt32(1), at: 4096 + 12)
      .with(UInt64(9), at: 4096 + 80)
    expectSentence("ends before it starts") { try DumpFile.open(bytes: file) }
  }

  @Test func dataInTheDumpsOwnTablesIsNone() throws {
    // Header, sub header and two bitmaps are a block each; then the descriptors.
    let table = 4 * 4096
    let memory = try open(UInt64(table), at: table).memory
    #expect(memory.absence(of: PageFrame(2)) == .corrupt(.offset(UInt64(table))))
    #expect(throws: Absence.corrupt(.offset(UInt64(table)))) { try memory.page(PageFrame(2)) }
    #expect(memory.absence(of: PageFrame(3)) == nil)
    let counts = memory.statusCounts(of: PageFrame(2)..<PageFrame(4))
    #expect(counts == [.absent(.corrupt(.offset(UInt64(table)))): 1, .present: 1])
    #expect(
      try open(UInt64(table), at: table).format.surplusDescriptors == 0, "one page only is wrong")
  }

  @Test(arguments: [true, false], [nil, 0..<6, 4..<9] as [Range<UInt64>?])
  func aBitmapThatLostOrGainedABitIsTold(sharesZeroBlock: Bool, part: Range<UInt64>?) throws {
    var builder = builder
    builder.sharesZeroBlock = sharesZeroBlock
    builder.split = part.map { PageFrame($0.lowerBound)..<PageFrame($0.upperBound) }
    let whole = try Bytes(builder.bytes())
    #expect(try DumpFile.open(bytes: whole).format.surplusDescriptors == 0)
    // The second bitmap: page frames 2 to 8 and 3000; 0 and 1 are no memory.
    let bitmap = 3 * 4096
    for (page, surplus) in [(UInt8(3), 1), (5, 1), (1, -1)] {
      let bits = try #require(whole.load(UInt8.self, at: bitmap))
      let damaged = whole.with(bits ^ 1 << page, at: bitmap)
      let found = try DumpFile.open(bytes: damaged).format.surplusDescriptors
      #expect(found == surplus, "page \(page)")
    }
  }

  @Test func dataOfAnotherBlockIsNone() throws {
    var builder = builder
    builder.codec = nil
    let whole = try Bytes(builder.bytes())
    // Page frames 2 to 8 and 3000, stored as they are: their descriptors are 24 bytes each.
    let table = 4 * 4096
    let intact = try DumpFile.open(bytes: whole).memory
    for page in 2...8 {
      let place = table + (page - 2) * 24
      let offset = try #require(whole.load(UInt64.self, at: place))
      #expect(intact.absence(of: PageFrame(UInt64(page))) == nil)
      // Another page of the file, and half of each of two.
      for wrong in [offset ^ 4096, offset ^ 2048] where wrong >= table + 8 * 24 {
        let memory = try DumpFile.open(bytes: whole.with(wrong, at: place)).memory
        #expect(memory.absence(of: PageFrame(UInt64(page))) == .corrupt(.offset(wrong)))
        let counts = memory.statusCounts(of: PageFrame(0)..<PageFrame(4096))
        #expect(counts[.absent(.corrupt(.offset(wrong)))] == 1, "its neighbours are as they were")
      }
    }
  }

  @Test func blocksInNoOrderAreReadAllTheSame() throws {
    var builder = KdumpBuilder(memory: KdumpTests.image())
    builder.codec = nil
    var file = try builder.bytes()
    // The eight blocks change places: the first with the last, and so on.
    let table = 4 * 4096
    let descriptors = (0..<8).map { Array(file[(table + $0 * 24)..<(table + $0 * 24 + 24)]) }
    for (index, descriptor) in descriptors.reversed().enumerated() {
      file.replaceSubrange((table + index * 24)..<(table + index * 24 + 24), with: descriptor)
    }
    let memory = try DumpFile.open(bytes: Bytes(file)).memory
    #expect((2...8).allSatisfy { memory.absence(of: PageFrame($0)) == nil })
  }

  @Test func aBitmapWithAnotherPageInsteadOfOneIsTold() throws {
    let whole = try Bytes(builder.bytes())
    #expect(try DumpFile.open(bytes: whole).format.strayBlocks == 0)
    // Page frames 2 to 8 are memory, 0 and 1 are not: 0 instead of 3.
    let bitmap = 3 * 4096
    let bits = try #require(whole.load(UInt8.self, at: bitmap))
    let damaged = try DumpFile.open(bytes: whole.with(bits ^ 0b1001, at: bitmap)).format
    #expect(damaged.surplusDescriptors == 0, "there are as many as before")
    #expect(damaged.strayBlocks == 1)
  }
}

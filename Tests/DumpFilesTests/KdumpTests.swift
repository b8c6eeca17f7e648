import ByteKit
import Codecs
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite struct KdumpTests {
  /// Pages that compress, one of zeros, one that does not compress, and a second run of pages.
  static func image(pageSize: PageSize = .kib4) -> PhysicalImage {
    var random = SeededGenerator(seed: 3)
    var image = PhysicalImage(pageSize: pageSize)
    for number in UInt64(2)..<6 {
      let text = Array("kmalloc-128 of page \(number)".utf8)
      image.write(text, at: pageSize.address(of: PageFrame(number)))
    }
    image.add(PageFrame(6)..<PageFrame(8))
    image.write(random.bytes(pageSize.bytes), at: pageSize.address(of: PageFrame(8)))
    image.write([1], at: pageSize.address(of: PageFrame(3000)))
    return image
  }

  func open(_ builder: KdumpBuilder) throws -> DumpFile {
    try DumpFile.open(bytes: Bytes(builder.bytes()))
  }

  @Test(arguments: PageCodec.allCases, [PageSize.kib4, .kib16, .kib64])
  func everyCodecGivesThePages(codec: PageCodec, pageSize: PageSize) throws {
    var builder = KdumpBuilder(memory: Self.image(pageSize: pageSize))
    builder.codec = codec
    let dump = try open(builder)
    #expect(dump.format.container == .kdumpCompressed)
    #expect(dump.memory.pageSize == pageSize)
    expectEqual(dump.memory, builder.memory)
  }

  @Test func eachPageHasItsOwnCodec() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.codec = nil
    builder.codecs = [
      PageFrame(2): .zlib, PageFrame(3): .lzo, PageFrame(4): .snappy, PageFrame(5): .zstd,
    ]
    expectEqual(try open(builder).memory, builder.memory)
  }

  @Test(arguments: Int32(1)...6) func everyHeaderVersionIsRead(version: Int32) throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.headerVersion = version
    builder.dumpLevel = 31
    let dump = try open(builder)
    #expect(dump.format.kdump?.headerVersion == Int(version))
    #expect(dump.format.kdump?.dumpLevel == 31)
    expectEqual(dump.memory, builder.memory)
  }

  @Test func zerosAreSharedByAllTheirPages() throws {
    var builder = KdumpBuilder(memory: Self.image())
    let unshared = try builder.bytes().count
    builder.sharesZeroBlock = true
    builder.codec = nil
    expectEqual(try open(builder).memory, builder.memory)
    #expect(try builder.bytes().count < unshared + 8 * 4096)
  }

  @Test func zerosThatAreSharedAreToldWithoutReading() throws {
    var image = Self.image()
    image.add(PageFrame(5000)..<PageFrame(5003))
    var builder = KdumpBuilder(memory: image)
    let zeros = (5000..<5003).map { PageFrame($0) }
    let unshared = try open(builder).memory
    #expect(zeros.allSatisfy { unshared.status(of: $0) == .present })
    builder.sharesZeroBlock = true
    builder.excluded = [PageFrame(4)]
    let memory = try open(builder).memory
    #expect(zeros.allSatisfy { memory.status(of: $0) == .zero })
    #expect(memory.status(of: PageFrame(5)) == .present)
    #expect(memory.status(of: PageFrame(4)) == .absent(.excluded))
  }

  @Test func aPageLeftOutIsNotAHole() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.excluded = [PageFrame(4)]
    let memory = try open(builder).memory
    #expect(memory.frames == builder.memory.frames)
    #expect(memory.absence(of: PageFrame(4)) == .excluded)
    #expect(throws: Absence.excluded) { try memory.page(PageFrame(4)) }
    for hole in [0, 1, 9, 2999, 3001, 1 << 40, UInt64.max] {
      #expect(memory.absence(of: PageFrame(hole)) == .hole)
    }
    #expect(try memory.page(PageFrame(5)) == builder.memory.page(PageFrame(5)))
  }

  @Test func withOneBitmapNobodyKnowsWhatWasLeftOut() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.hasTwoBitmaps = false
    expectEqual(try open(builder).memory, builder.memory)
    builder.excluded = [PageFrame(4)]
    #expect(try open(builder).memory.absence(of: PageFrame(4)) == .hole)
  }

  @Test func whatAnUnfinishedDumpLacksIsLost() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.status = 8 | 1
    builder.lost = [PageFrame(5), PageFrame(3000)]
    let dump = try open(builder)
    #expect(dump.format.isIncomplete)
    #expect(dump.memory.absence(of: PageFrame(5)) == .lost)
    #expect(dump.memory.absence(of: PageFrame(3000)) == .lost)
    #expect(dump.memory.absence(of: PageFrame(4)) == nil)
  }

  @Test func aCutFileKeepsWhatComesBeforeTheCut() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.codec = nil
    let dump = try DumpFile.open(bytes: Bytes(builder.bytes().dropLast(1)))
    #expect(dump.format.isTruncated)
    #expect(dump.memory.absence(of: PageFrame(8)) == nil)
    #expect(dump.memory.absence(of: PageFrame(3000)) == .truncated)
    #expect(throws: Absence.truncated) { try dump.memory.page(PageFrame(3000)) }
  }

  @Test func aPartOfASplitDumpHasItsOwnPages() throws {
    var builder = KdumpBuilder(memory: Self.image())
    let parts = [PageFrame(0)..<PageFrame(4), PageFrame(4)..<PageFrame(3001)]
    for version: Int32 in [2, 6] {
      builder.headerVersion = version
      for part in parts {
        builder.split = part
        let dump = try open(builder)
        #expect(dump.format.kdump?.parts == [part])
        #expect(!dump.format.isTruncated)
        for number: UInt64 in [2, 3, 4, 5, 6, 7, 8, 3000] {
          let frame = PageFrame(number)
          #expect(dump.memory.absence(of: frame) == (part.contains(frame) ? nil : .missingPart))
          guard part.contains(frame) else { continue }
          #expect(try dump.memory.page(frame) == builder.memory.page(frame))
        }
      }
    }
  }

  @Test func aPartMayBeEmpty() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.split = PageFrame(100)..<PageFrame(200)
    let dump = try open(builder)
    #expect(!dump.format.isTruncated)
    #expect(dump.memory.absence(of: PageFrame(2)) == .missingPart)
  }

  @Test func blocksOfQEMUOnArm64AreLargerThanPages() throws {
    var builder = KdumpBuilder(memory: Self.image(pageSize: .kib64))
    builder.uname[4] = "Unknown"
    builder.notes = [
      .cpu(.arm64, pid: 1, registers: []),
      .vmcoreinfo(VMCoreInfoBuilder(release: "6.1", pageSize: .kib4).text + "SYMBOL(a)=1\n"),
    ]
    builder.excluded = [PageFrame(4)]
    let dump = try open(builder)
    #expect(dump.machine == .arm64)
    #expect(dump.format.kdump?.blockSize == .kib64)
    #expect(dump.memory.pageSize == .kib4)
    #expect(dump.memory.frames.first == PageFrame(2 * 16)..<PageFrame(9 * 16))
    for number in UInt64(0)..<16 {
      let page = try builder.memory.bytes(
        at: PhysicalAddress(0x8_0000 + number * 4096), count: 4096)
      #expect(try dump.memory.page(PageFrame(8 * 16 + number)) == page)
      #expect(dump.memory.absence(of: PageFrame(4 * 16 + number)) == .excluded)
    }
  }

  @Test func pagesLargerThanBlocksAreJoined() throws {
    var random = SeededGenerator(seed: 4)
    var image = PhysicalImage()
    image.write(random.bytes(0x2_8000), at: PhysicalAddress(0x2_0000))
    var builder = KdumpBuilder(memory: image)
    builder.notes = [
      .vmcoreinfo(VMCoreInfoBuilder(release: "6.1", pageSize: .kib64).text + "SYMBOL(a)=1\n")
    ]
    let memory = try open(builder).memory
    #expect(memory.pageSize == .kib64)
    #expect(memory.frames == [PageFrame(2)..<PageFrame(4)])
    let page = try image.bytes(at: PhysicalAddress(0x3_0000), count: 0x1_0000)
    #expect(try memory.page(PageFrame(3)) == page)
    #expect(memory.absence(of: PageFrame(3)) == nil)
    #expect(memory.absence(of: PageFrame(4)) == .hole)
    #expect(memory.absence(of: PageFrame(.max)) == .hole)
  }

  @Test(arguments: UInt64(1)...3) func everyPageOfAScatteredMemoryIsFound(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var image = PhysicalImage()
    var frame: UInt64 = 0
    while frame < 9000 {
      frame += UInt64.random(in: 1...30, using: &random)
      image.write(frame, at: PhysicalAddress(frame * 4096))
    }
    var builder = KdumpBuilder(memory: image)
    let frames = image.frames.map(\.lowerBound)
    builder.excluded = Set(frames.filter { _ in Bool.random(using: &random) })
    let memory = try open(builder).memory
    #expect(memory.frames == image.frames)
    for frame in frames {
      let expected = builder.excluded.contains(frame) ? nil : frame.rawValue
      #expect((try? memory.load(at: PhysicalAddress(frame.rawValue * 4096))) == expected)
    }
  }

  @Test func manyThreadsReadAtOnce() async throws {
    let memory = try open(KdumpBuilder(memory: Self.image())).memory
    let expected = Self.image()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask {
          (UInt64(2)..<9).allSatisfy {
            (try? memory.page(PageFrame($0))) == (try? expected.page(PageFrame($0)))
          }
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }

  @Test func aMemoryLargerThanTheCacheIsReadAgain() throws {
    var image = PhysicalImage(pageSize: .kib64)
    for number in UInt64(0)..<1100 {
      image.write(number, at: PhysicalAddress(number * 0x1_0000))
    }
    let memory = try open(KdumpBuilder(memory: image)).memory
    for _ in 0..<2 {
      for number in UInt64(0)..<1100 {
        #expect(try memory.page(PageFrame(number)).load(UInt64.self, at: 0) == number)
      }
    }
  }

  @Test func theHeaderTellsOfTheSystem() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.uname = ["Linux", "router", "6.1.0-50-arm64", "#1 SMP", "aarch64", "(none)"]
    builder.status = 0x12
    let dump = try open(builder)
    #expect(dump.machine == .arm64)
    #expect(dump.uname?.node == "router")
    #expect(dump.uname?.release == "6.1.0-50-arm64")
    #expect(dump.format.kdump?.codecHint == "lzo")
    #expect(dump.format.kdump?.isWithoutUnusedVmemmap == true)
  }

  @Test func theFormatIsDescribedInMakedumpfilesWords() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.status = 8 | 0x20
    builder.dumpLevel = 31
    let flattened = FlattenedWriter(try builder.bytes())
    #expect(
      try DumpFile.open(bytes: Bytes(flattened.bytes)).format.description
        == "kdump-compressed v6, zstd, dump level 31, flattened, incomplete")
    #expect(
      try DumpFile.open(bytes: Bytes(ELFCoreBuilder(memory: Self.image()).bytes)).format.description
        == "ELF core")
  }

  @Test func aBitmapFullOfHolesIsRoundedToGroups() throws {
    // 2^21 runs of one block each would take 16 times the memory of their bits.
    let bitmapBlocks = 4 * (1 << 20) / 8 / 4096
    var builder = KdumpBuilder(memory: Self.image())
    builder.notes = [.vmcoreinfo(VMCoreInfoBuilder(release: "6.1").text + "SYMBOL(a)=1\n")]
    var file = try builder.bytes()
    file.removeSubrange(8192...)
    file += [UInt8](repeating: 0x55, count: bitmapBlocks * 4096 * 2)
    let dump = try DumpFile.open(
      bytes: Bytes(file).with(UInt32(bitmapBlocks * 2), at: 436)
        .with(UInt64(4 << 20), at: 4096 + 96))
    #expect(dump.memory.frames == [PageFrame(0)..<PageFrame(4 << 20)])
    #expect(dump.memory.absence(of: PageFrame(2)) == .truncated)
    #expect(dump.memory.absence(of: PageFrame(3)) == .hole)
  }

  @Test func aHeaderWithoutNamesLeavesTheMachineToTheNotes() throws {
    var builder = KdumpBuilder(memory: Self.image())
    builder.uname = []
    #expect(try open(builder).machine == nil)
    builder.notes = [.cpu(.x86_64, pid: 5, registers: [])]
    let dump = try open(builder)
    #expect(dump.machine == .x86_64)
    #expect(dump.cpus.map(\.pid) == [5])
  }
}

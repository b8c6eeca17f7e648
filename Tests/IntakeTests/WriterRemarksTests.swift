import ByteKit
import DumpFiles
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Intake

@Suite("What is wrong with a dump by the program that wrote it")
struct WriterRemarksTests {
  /// Sixteen pages of text that compress well, from 1 MiB on.
  private static var builder: KdumpBuilder {
    var image = PhysicalImage()
    for page in 0..<16 {
      image.write(
        (0..<4096).map { UInt8($0 % 7 + page) },
        at: PhysicalAddress(UInt64(0x10_0000 + page * 4096)))
    }
    return KdumpBuilder(memory: image)
  }

  private static let first = PageFrame(0x100)
  private static let second = PageFrame(0x101)

  private func dump(
    _ builder: KdumpBuilder, _ lines: [(String, String)] = []
  ) throws -> DumpFile {
    var builder = builder
    var info = VMCoreInfoBuilder(release: "6.1.0")
    info.symbol("_stext", VirtualAddress(0xffff_ffff_8100_0000))
    for (key, value) in lines { info.line(key, value) }
    builder.notes = [.vmcoreinfo(info.text)]
    return try DumpFile.open(bytes: Bytes(builder.bytes()))
  }

  private static let slabType = ("NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", "-184549376")
  private static let compoundInfo = ("OFFSET(page.compound_info)", "8")

  private func ofFile(_ dump: DumpFile) -> [String] {
    WriterRemarks(dump, pages: PageTally(dump.memory, fileSize: 1 << 20).counts).ofFile
  }

  private func coverage(_ absences: [PageCondition: Int], tails: Int) -> Coverage {
    var coverage = Coverage(slabPages: 100, absentPages: [absences.values.reduce(0, +)])
    coverage.absences = absences
    coverage.absentTails = tails
    return coverage
  }

  @Test("a sound dump of an older kernel needs no warning")
  func sound() throws {
    var builder = Self.builder
    builder.dumpLevel = 31
    let dump = try dump(builder)
    #expect(ofFile(dump).isEmpty)
    #expect(WriterRemarks(dump, pages: [:]).of(coverage([:], tails: 0)).isEmpty)
  }

  @Test("without user pages, a dump of Linux 6.10 may lack slabs, and the remedy is told")
  func slabType() throws {
    var builder = Self.builder
    builder.dumpLevel = 31
    let remark = try #require(ofFile(dump(builder, [Self.slabType])).first)
    #expect(remark.contains("1.7.6"))
    #expect(remark.contains("-d 23"))
    builder.dumpLevel = 23
    #expect(try ofFile(dump(builder, [Self.slabType])).isEmpty)
  }

  @Test("a page bitmap that has another page instead of one is told by the other bitmap")
  func contradictingBitmaps() throws {
    var file = try Self.builder.bytes()
    // Header, sub header and the first bitmap are a block each; pages 0x100 to 0x10f are memory.
    let bits = 3 * 4096 + 0xf8 / 8
    #expect(Array(file[bits..<(bits + 3)]) == [0, 0xff, 0xff])
    file.replaceSubrange(bits..<(bits + 3), with: [1, 0xfe, 0xff])
    let remarks = ofFile(try DumpFile.open(bytes: Bytes(file)))
    #expect(remarks.first?.hasPrefix("the page bitmaps contradict each other: 1 page in") == true)
  }

  @Test("once the slabs are known, they lack pages for sure, or nothing is said")
  func slabsLeftOut() throws {
    var builder = Self.builder
    builder.dumpLevel = 31
    let writer = WriterRemarks(try dump(builder, [Self.slabType]), pages: [:])
    #expect(writer.of(coverage([:], tails: 0)).isEmpty)
    let remark = try #require(writer.of(coverage([.excluded: 12], tails: 4)).first)
    #expect(remark.hasPrefix("12 of 100 slab pages were left out of the dump"))
    #expect(remark.contains("1.7.6"))
  }

  @Test("of pages that may have been zeros it is not said that they were left out")
  func slabsOfZeros() throws {
    let writer = WriterRemarks(try dump(Self.builder, [Self.slabType]), pages: [:])
    let remark = try #require(writer.of(coverage([.excludedOrZero: 1], tails: 0)).first)
    #expect(remark.hasPrefix("1 of 100 slab pages are not in the dump: they held zeros, or"))
  }

  @Test("makedumpfile -E's zeros are told of a dump that was made of such a one, too")
  func zerosOrExcluded() throws {
    let dump = try dump(Self.builder)
    let remarks = WriterRemarks(dump, pages: [.present: 12, .excludedOrZero: 4]).ofFile
    #expect(remarks.contains { $0.hasPrefix("makedumpfile -E does not tell") })
  }

  @Test("where only later pages of slabs are missing, another version is to blame")
  func tailsLeftOut() throws {
    let writer = WriterRemarks(
      try dump(Self.builder, [Self.slabType, Self.compoundInfo]), pages: [:])
    let remark = try #require(writer.of(coverage([.excluded: 12], tails: 12)).first)
    #expect(remark.contains("1.7.9"))
    #expect(!remark.contains("1.7.6"))
  }

  @Test("pages left out at level 0 were left out before")
  func filteredTwice() throws {
    var builder = Self.builder
    builder.excluded = [Self.first]
    #expect(try ofFile(dump(builder)).first?.hasPrefix("pages are left out though") == true)
  }

  @Test("pages that do not decompress are counted by reading them")
  func corruptPages() throws {
    var builder = Self.builder
    // Zlib's data are none of LZO's.
    builder.flags = [Self.first: 2, Self.second: 0x40]
    let dump = try dump(builder)
    var tally = PageTally(dump.memory, fileSize: 1 << 20)
    #expect(tally.counts == [.present: 15, .corruptFlags: 1])
    tally.tryContents()
    #expect(tally.counts == [.present: 14, .corruptFlags: 1, .corruptContents: 1])
    let remark = try #require(WriterRemarks(dump, pages: tally.counts).ofFile.first)
    #expect(remark.hasPrefix("2 pages are corrupt: makedumpfile before 1.7.8"))
  }

  @Test("each page is in one condition, and those between ranges of memory are holes")
  func conditions() throws {
    var builder = Self.builder
    builder.memory.add(PageFrame(0x200)..<PageFrame(0x204))
    builder.sharesZeroBlock = true
    builder.excluded = [Self.first]
    builder.lost = [Self.second]
    builder.sizes = [PageFrame(0x102): 5000, PageFrame(0x103): 6000]
    let tally = PageTally(try dump(builder).memory, fileSize: 1 << 20)
    #expect(
      tally.counts == [.present: 12, .zero: 4, .excluded: 1, .lost: 1, .corruptSize: 2])
    #expect(tally.holes == 0x200 - 0x110)
    #expect(tally.listed.map(\.condition).prefix(2) == [.present, .zero])
    #expect(tally.listed.reduce(0) { $0 + $1.pages } == 20)
  }

  @Test("a small image that claims 2^40 pages has as many looked at as its size may tell of")
  func vastImage() throws {
    var builder = LiMEBuilder(memory: Self.builder.memory)
    builder.ranges[0].last = (1 << 51) - 1
    let image = Bytes(builder.bytes)
    let tally = PageTally(try DumpFile.open(bytes: image).memory, fileSize: image.count)
    let lookedAt = tally.counts.filter { $0.key != .notLookedAt }.values.reduce(0, +)
    #expect(lookedAt == 8 * image.count)
    #expect(tally.listed.reduce(0) { $0 + $1.pages } == (1 << 39) - 0x100)
  }

  @Test("what is behind the end of a file that was cut, and in parts not given, is told apart")
  func missing() throws {
    var builder = Self.builder
    builder.codec = nil
    let whole = try builder.bytes()
    let cut = try DumpFile.open(bytes: Bytes(Array(whole.dropLast(4096 * 3))))
    #expect(PageTally(cut.memory, fileSize: 1 << 20).counts == [.present: 13, .truncated: 3])
    #expect(ofFile(cut).first?.contains("3 pages") == true)
    builder.split = Self.first..<PageFrame(0x104)
    let part = try DumpFile.open(bytes: Bytes(builder.bytes()))
    #expect(PageTally(part.memory, fileSize: 1 << 20).counts == [.present: 4, .missingPart: 12])
    #expect(ofFile(part).first?.contains("name all of them") == true)
  }

  @Test("what makedumpfile was told to overwrite is no damage")
  func erasures() throws {
    var core = ELFCoreBuilder(memory: Self.builder.memory)
    core.notes = [
      CoreNote(
        owner: "ERASEINFO", type: 0, contents: Array("erase jprobes size 32\nerase x size 8\n".utf8)
      )
    ]
    let dump = try DumpFile.open(bytes: Bytes(core.bytes))
    let remark = try #require(ofFile(dump).first)
    #expect(remark.hasPrefix("makedumpfile overwrote 2 places with X"))
    #expect(remark.contains("erase jprobes size 32"))
  }
}

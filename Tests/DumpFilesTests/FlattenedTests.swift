import ByteKit
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite struct FlattenedTests {
  let image = KdumpTests.image()

  func kdump() throws -> [UInt8] {
    var builder = KdumpBuilder(memory: image)
    builder.notes = [
      .vmcoreinfo(VMCoreInfoBuilder(release: "6.1.0-flat").text + "SYMBOL(a)=1\n")
    ]
    return try builder.bytes()
  }

  @Test(arguments: [1000, 4096, 4097, 1 << 20], UInt64(0)...2)
  func recordsOfAnySizeAndOrderGiveThePages(size: Int, seed: UInt64) throws {
    var writer = FlattenedWriter(try kdump(), recordSize: size)
    if seed > 0 { writer.shuffle(seed: seed) }
    let dump = try DumpFile.open(bytes: Bytes(writer.bytes))
    #expect(dump.format.isFlattened)
    #expect(dump.format.container == .kdumpCompressed)
    #expect(!dump.format.isTruncated)
    #expect(dump.vmcoreinfo?.osRelease == "6.1.0-flat")
    expectEqual(dump.memory, image)
  }

  @Test func anELFCoreMayBeInside() throws {
    let writer = FlattenedWriter(ELFCoreBuilder(memory: image).bytes, recordSize: 5000)
    let dump = try DumpFile.open(bytes: Bytes(writer.bytes))
    #expect(dump.format.isFlattened)
    #expect(dump.format.container == .elfCore)
    expectEqual(dump.memory, image)
  }

  @Test(arguments: UInt64(1)...4) func theLastRecordForAPlaceCounts(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let dump = try kdump()
    let final = FlattenedWriter(dump, recordSize: 3000)
    var writer = final
    writer.records = (0..<50).map { _ in
      let offset = Int.random(in: 0..<dump.count, using: &random)
      let count = Int.random(in: 1...min(9000, dump.count - offset), using: &random)
      return FlattenedWriter.Record(offset: offset, bytes: random.bytes(count))
    }
    writer.records += final.records.shuffled(using: &random)
    expectEqual(try DumpFile.open(bytes: Bytes(writer.bytes)).memory, image)
  }

  @Test func aStatusRewrittenAtTheEndCounts() throws {
    var writer = FlattenedWriter(try kdump())
    writer.records.append(FlattenedWriter.Record(offset: 424, bytes: [8, 0, 0, 0]))
    let dump = try DumpFile.open(bytes: Bytes(writer.bytes))
    #expect(dump.format.isIncomplete)
    expectEqual(dump.memory, image)
  }

  @Test func bitmapsMayBeWrittenWithoutTheirPadding() throws {
    let dump = try kdump()
    var writer = FlattenedWriter(dump, recordSize: 4096)
    // Header, sub header, two bitmaps of a block each, of which 376 bytes count.
    for index in 2...3 { writer.records[index].bytes.removeLast(4096 - 376) }
    expectEqual(try DumpFile.open(bytes: Bytes(writer.bytes)).memory, image)
  }

  @Test func aPageOfWhichARecordIsMissingIsNotRead() throws {
    var builder = KdumpBuilder(memory: image)
    builder.codec = nil
    var writer = FlattenedWriter(try builder.bytes(), recordSize: 2048)
    let last = writer.records.count - 1
    writer.records.remove(at: last - 1)
    let memory = try DumpFile.open(bytes: Bytes(writer.bytes)).memory
    #expect(memory.absence(of: PageFrame(3000)) == .truncated)
    #expect(throws: Absence.truncated) { try memory.page(PageFrame(3000)) }
    #expect(try memory.page(PageFrame(4)) == image.page(PageFrame(4)))
  }

  @Test func aCutStreamKeepsWhatCame() throws {
    var builder = KdumpBuilder(memory: image)
    builder.codec = nil
    var writer = FlattenedWriter(try builder.bytes(), recordSize: 4096)
    writer.isComplete = false
    #expect(try DumpFile.open(bytes: Bytes(writer.bytes)).format.isTruncated)
    expectEqual(try DumpFile.open(bytes: Bytes(writer.bytes)).memory, image)
    let cut = try DumpFile.open(bytes: Bytes(Array(writer.bytes.dropLast(1)))).memory
    #expect(cut.absence(of: PageFrame(3000)) == .truncated)
    #expect(cut.absence(of: PageFrame(8)) == nil)
  }

  @Test func claimsBeyondTheFileAreBounded() throws {
    var writer = FlattenedWriter(try kdump())
    writer.records.append(FlattenedWriter.Record(offset: Int.max - 1, bytes: [1]))
    expectEqual(try DumpFile.open(bytes: Bytes(writer.bytes)).memory, image)
    // A size that no file has: the stream ends there.
    let size = Bytes(writer.bytes).with(UInt64(1 << 62).bigEndian, at: 4096 + 8)
    let dump = try DumpFile.open(bytes: size)
    #expect(dump.format.isTruncated)
  }

  @Test func aStreamThatEndsBeforeTheHeaderSaysSo() throws {
    var writer = FlattenedWriter(try kdump(), recordSize: 4096)
    writer.records.append(writer.records.removeFirst())
    writer.isComplete = false
    expectEqual(try DumpFile.open(bytes: Bytes(writer.bytes)).memory, image)
    writer.records.removeLast()
    expectSentence("ends before the record that holds the dump's header") {
      try DumpFile.open(bytes: Bytes(writer.bytes))
    }
  }

  @Test func anEmptyStreamIsRefused() {
    expectSentence("first record") {
      try DumpFile.open(bytes: Bytes(FlattenedWriter([]).bytes + [0]))
    }
    expectSentence("first record") { try DumpFile.open(bytes: Bytes(FlattenedWriter([]).bytes)) }
  }

  @Test func aStreamInAStreamIsRefused() throws {
    let inner = FlattenedWriter(try kdump()).bytes
    #expect(throws: DumpFailure.unrecognized) {
      try DumpFile.open(bytes: Bytes(FlattenedWriter(inner).bytes))
    }
  }
}

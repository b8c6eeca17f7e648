import FixtureKit
import Foundation
import Memory
import Testing

/// Small files that claim to be very large: refused, or handled in a time that fits their size.
@Suite("Headers that claim too much", .timeLimit(.minutes(2)))
struct HostileHeaderTests {
  /// Describes a file that exists for the time of one test, within 1 GiB and ten seconds.
  private func describe(_ bytes: [UInt8]) throws -> Tool.Outcome {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try Tool.run(
      URL(fileURLWithPath: "/bin/bash"),
      ["-c", "ulimit -d 1048576 -t 10; \"$0\" info \"$1\"", Tool.binary.path, file.path])
  }

  private var image: PhysicalImage {
    var image = PhysicalImage()
    image.write([UInt8](repeating: 1, count: 4096 * 4), at: PhysicalAddress(0x10_0000))
    return image
  }

  private func kdump(_ damage: (inout [UInt8]) -> Void) throws -> [UInt8] {
    var builder = KdumpBuilder(memory: image)
    builder.codec = nil
    var bytes = try builder.bytes()
    damage(&bytes)
    return bytes
  }

  @Test("2^60 pages in a kdump's header")
  func manyBlocks() throws {
    // `max_mapnr_64` of the sub header.
    let outcome = try describe(kdump { $0.put(UInt64(1) << 60, at: 4096 + 96) })
    #expect(outcome.status == 0)
    // Then two bitmaps are too small, so that they are taken for one.
    #expect(outcome.text.contains("the page bitmap is damaged: it marks 4 pages more"))
  }

  @Test("2^40 pages in an ELF core's program headers")
  func manyFrames() throws {
    var builder = ELFCoreBuilder(memory: image)
    builder.segments.append(.init(address: 1 << 40, contents: [1], absent: 1 << 52))
    let outcome = try describe(builder.bytes)
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("4 present"))
    #expect(outcome.text.contains("not looked at"))
  }

  @Test("2^40 pages in the header of a LiME image, which took seconds to count one by one")
  func manyPagesOfLiME() throws {
    var builder = LiMEBuilder(memory: image)
    builder.ranges[0].last = 1 << 52
    let outcome = try describe(builder.bytes)
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("truncated"))
    #expect(outcome.text.contains("beyond the end of the file"))
  }

  @Test("bitmaps that end behind the file")
  func bitmapPastTheEnd() throws {
    // `bitmap_blocks` and `sub_hdr_size`.
    for place in [436, 432] {
      let outcome = try describe(kdump { $0.put(UInt32(1 << 20), at: place) })
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("page bitmaps"))
    }
  }

  @Test("descriptors that name themselves as data")
  func descriptorsOfThemselves() throws {
    // Header, sub header, two bitmaps of a block each.
    let table = 4 * 4096
    let outcome = try describe(
      kdump { bytes in
        for index in 0..<4 { bytes.put(UInt64(table + index * 24), at: table + index * 24) }
      })
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("0 present"))
    #expect(outcome.text.contains("corrupt in the file"))
  }

  @Test("10^6 records in a flattened file: in order and the wrong way round, each place many times")
  func manyRecords() throws {
    var writer = FlattenedWriter(try kdump { _ in }, recordSize: 4)
    for _ in 0..<2 {
      writer.records.reverse()
      let once = writer.bytes
      // The header of a flattened file, and the record of 16 bytes that ends it.
      let records = once[4096..<(once.count - 16)]
      var bytes = Array(once[..<4096])
      for _ in 0...(1_000_000 / writer.records.count) { bytes += records }
      let outcome = try describe(bytes + once.suffix(16))
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.contains("4 present"), "\(outcome.text)")
    }
  }
}

extension [UInt8] {
  /// Writes a little-endian integer over some of the bytes.
  fileprivate mutating func put<Word: FixedWidthInteger>(_ word: Word, at offset: Int) {
    for index in 0..<(Word.bitWidth / 8) {
      self[offset + index] = UInt8(truncatingIfNeeded: word >> Word(index * 8))
    }
  }
}

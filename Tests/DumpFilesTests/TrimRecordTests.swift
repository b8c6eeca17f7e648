import ByteKit
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite("What a trimmed dump says of its pages")
struct TrimRecordTests {
  private let image = KdumpTests.image()

  /// A dump of the image that has this note.
  private func open(_ note: Note) throws -> DumpFile {
    var builder = KdumpBuilder(memory: image)
    builder.notes = [
      CoreNote(owner: note.owner, type: note.type, contents: note.contents.array)
    ]
    return try DumpFile.open(bytes: Bytes(builder.bytes()))
  }

  @Test("every reason comes back as it was written")
  func reasons() throws {
    let reasons: [Absence] = [
      .trimmed, .excluded, .excludedOrZero, .hole, .lost, .truncated, .missingPart,
      .corrupt(.contents), .reduced,
    ]
    for reason in reasons {
      let record = TrimRecord(
        pageSize: .kib4, isRedacted: true,
        runs: [
          .init(PageFrame(2)..<PageFrame(3), .whole),
          .init(PageFrame(3)..<PageFrame(5), .pointers),
          .init(PageFrame(6)..<PageFrame(3001), .absent(reason)),
        ])
      let dump = try open(record.note)
      #expect(dump.format.trim == .redacted)
      #expect(try dump.memory.page(PageFrame(2)) == image.page(PageFrame(2)))
      #expect(throws: Absence.reduced) { try dump.memory.page(PageFrame(4)) }
      #expect(throws: Absence.hole) { try dump.memory.page(PageFrame(5)) }
      #expect(throws: reason) { try dump.memory.page(PageFrame(3000)) }
    }
  }

  @Test("damage of one part is told without its details")
  func corruption() throws {
    let run = TrimRecord.Run(PageFrame(2)..<PageFrame(3001), .absent(.corrupt(.flags(7))))
    let dump = try open(TrimRecord(pageSize: .kib4, isRedacted: false, runs: [run]).note)
    #expect(throws: Absence.corrupt(.contents)) { try dump.memory.page(PageFrame(2)) }
  }

  @Test("a damaged record is refused: pages of which nothing is known are not read as whole")
  func damage() throws {
    let good = TrimRecord(
      pageSize: .kib4, isRedacted: false, runs: [.init(PageFrame(2)..<PageFrame(3001), .whole)]
    ).note
    let bytes = good.contents.array
    func refusal(_ bytes: [UInt8]) throws -> DumpFailure? {
      var builder = KdumpBuilder(memory: image)
      builder.notes = [CoreNote(owner: good.owner, type: good.type, contents: bytes)]
      let file = Bytes(try builder.bytes())
      do throws(DumpFailure) {
        _ = try DumpFile.open(bytes: file)
        return nil
      } catch {
        return error
      }
    }
    #expect(try refusal(bytes) == nil)
    #expect(try refusal(Array(bytes.dropLast())) != nil)
    #expect(try refusal([]) != nil)
    for (offset, value) in [(0, UInt8(9)), (8, 3), (8, 99), (13, 0), (15, 200)] {
      var wrong = bytes
      wrong[offset] = value
      #expect(try refusal(wrong) != nil, "byte \(offset)")
    }
  }

  @Test("random bytes neither trap nor hang", arguments: UInt64(0)..<200)
  func randomBytes(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0]
    bytes += random.bytes(Int(random.next() % 64))
    let dump = try? open(Note(owner: "SLABSCOPE", type: 1, contents: Bytes(bytes)))
    for frame in dump?.memory.frames.map(\.lowerBound) ?? [] {
      _ = try? dump?.memory.page(frame)
    }
  }
}

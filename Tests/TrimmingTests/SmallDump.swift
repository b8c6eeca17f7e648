import ByteKit
import DumpFiles
import Evidence
import FixtureKit
import Foundation
import Memory
import Testing
import Trimming

/// A dump of a slab of two objects, a page that refers to one of them, and pages of no interest.
struct SmallDump {
  static let slab = PageFrame(16)
  static let referring = PageFrame(17)
  static let table = PageFrame(18)
  static let user = PageFrame(19)
  static let excluded = PageFrame(20)
  static let object: UInt64 = 0xffff_8880_0001_0000

  let touched = TouchedFrames()
  let dump: DumpFile

  init() throws {
    var image = PhysicalImage()
    func write(_ word: UInt64, _ frame: PageFrame, _ offset: UInt64 = 0) {
      image.write(word, at: PageSize.kib4.address(of: frame).advanced(by: offset))
    }
    for offset in stride(from: UInt64(0), to: 4096, by: 8) {
      write(0x5555 + offset, Self.slab, offset)
    }
    write(Self.object + 8, Self.referring, 0x100)
    write(0x1234_5678, Self.referring, 0x108)
    write(Self.object + 4096, Self.referring, 0x110)
    write(7, Self.table)
    write(8, Self.user)
    var core = ELFCoreBuilder(memory: image)
    core.notes = [
      .vmcoreinfo("OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=ffffffff82610000\n"),
      CoreNote(owner: "CORE", type: 1, contents: [UInt8](repeating: 1, count: 336)),
      CoreNote(owner: "ERASEINFO", type: 0, contents: Array("erase key size 32\n".utf8)),
    ]
    core.segments[0].memorySize += 4096
    dump = try DumpFile.open(bytes: Bytes(core.bytes))
  }

  /// Another dump of the same machine.
  init(_ dump: DumpFile) { self.dump = dump }

  /// The memory, watched.
  var memory: WatchedMemory { WatchedMemory(dump.memory, touched: touched) }

  private var census: Census {
    var builder = CensusBuilder(caches: [
      SlabCache(
        name: "kmalloc-2k", address: VirtualAddress(0xffff_8880_0100_0000), objectSize: 2048,
        slotSize: 2048, objectsPerSlab: 2)
    ])
    let start = VirtualAddress(Self.object)
    builder.addSlab(
      cache: 0, firstPage: start, pages: 1, firstObject: start, slots: 2, slotSize: 2048)
    return Census(builder)
  }

  /// Writes a trimmed dump and opens it again.
  func trimmed(
    as write: (DumpDraft, OutputFile) async throws -> Void
  ) async throws -> (dump: DumpFile, counts: TrimPlan.Counts) {
    let uname = Uname(
      system: "Linux", node: "lab", release: "6.1.0", version: "#1", machine: "x86_64", domain: "")
    let made = try #require(
      TrimmedDump(
        dump, census: census, machine: .x86_64, touched: touched, uname: uname,
        directMapBase: VirtualAddress(0xffff_8880_0000_0000)))
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let output = try OutputFile(creating: file.path)
    try await write(made.draft, output)
    try output.close()
    return (try DumpFile.open(bytes: Bytes(Array(try Data(contentsOf: file)))), made.counts)
  }
}

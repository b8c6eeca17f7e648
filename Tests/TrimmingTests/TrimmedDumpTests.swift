import ByteKit
import DumpFiles
import Memory
import Testing
import Trimming

@Suite("Trimmed dumps")
struct TrimmedDumpTests {
  /// How a dump is written.
  enum Writer: CaseIterable {
    case kdump
    case elf

    func write(_ draft: DumpDraft, _ file: OutputFile) async throws {
      switch self {
      case .kdump: try await KdumpWriter(draft).write(to: file)
      case .elf: try await ELFCoreWriter(draft).write(to: file)
      }
    }
  }

  @Test("what was read is kept, what was searched is reduced, the rest is absent, and says why")
  func pages() async throws {
    for writer in Writer.allCases {
      let small = try SmallDump()
      let memory = small.memory
      _ = try memory.page(SmallDump.slab)
      _ = try memory.page(SmallDump.table)
      _ = try memory.pageToSearch(SmallDump.table)
      _ = try memory.pageToSearch(SmallDump.referring)
      _ = try? memory.page(SmallDump.excluded)
      let (dump, counts) = try await small.trimmed { try await writer.write($0, $1) }
      #expect(dump.format.trim == .plain)
      #expect(dump.memory.frames == small.dump.memory.frames)
      for frame in [SmallDump.slab, SmallDump.table] {
        #expect(try dump.memory.page(frame) == small.dump.memory.page(frame))
        #expect(try dump.memory.pageToSearch(frame) == small.dump.memory.page(frame))
        #expect(dump.memory.absence(of: frame) == nil)
      }
      #expect(throws: Absence.reduced) { try dump.memory.page(SmallDump.referring) }
      #expect(dump.memory.absence(of: SmallDump.referring) == .reduced)
      #expect(throws: Absence.trimmed) { try dump.memory.page(SmallDump.user) }
      #expect(throws: Absence.trimmed) { try dump.memory.pageToSearch(SmallDump.user) }
      #expect(throws: Absence.excludedOrZero) { try dump.memory.page(SmallDump.excluded) }
      #expect(throws: Absence.hole) { try dump.memory.page(PageFrame(99)) }
      #expect(counts.whole == 2 && counts.reduced == 1 && counts.leftOut == 1)
      #expect(counts.absent == [.excludedOrZero: 1] && counts.total == 5)
    }
  }

  @Test("of a page that is reduced, the addresses of slab objects are left and no other word")
  func reduction() async throws {
    let small = try SmallDump()
    _ = try small.memory.pageToSearch(SmallDump.referring)
    let (dump, _) = try await small.trimmed { try await Writer.kdump.write($0, $1) }
    let page = try dump.memory.pageToSearch(SmallDump.referring)
    let words = (0..<512).compactMap { page.load(UInt64.self, at: $0 * 8) }
    #expect(words.filter { $0 != 0 } == [SmallDump.object + 8])
    #expect(words[0x100 / 8] == SmallDump.object + 8)
  }

  @Test("what makedumpfile was told to overwrite is told of the trimmed dump, too")
  func erasures() async throws {
    for writer in Writer.allCases {
      let (dump, _) = try await SmallDump().trimmed { try await writer.write($0, $1) }
      #expect(dump.format.erasures == ["erase key size 32"])
      #expect(dump.notes.count { $0.owner == "ERASEINFO" } == 1)
    }
  }

  @Test("whoever asks whether a page is there gets the same answer afterwards")
  func presence() async throws {
    let small = try SmallDump()
    #expect(small.memory.absence(of: SmallDump.user) == nil)
    let (dump, _) = try await small.trimmed { try await Writer.elf.write($0, $1) }
    #expect(dump.memory.absence(of: SmallDump.user) == nil)
  }

  @Test("a trimmed dump can be trimmed again, with what was left of pages")
  func again() async throws {
    let small = try SmallDump()
    _ = try small.memory.page(SmallDump.slab)
    _ = try small.memory.pageToSearch(SmallDump.referring)
    let (first, _) = try await small.trimmed { try await Writer.kdump.write($0, $1) }
    let again = SmallDump(first)
    _ = try again.memory.page(SmallDump.slab)
    _ = try again.memory.pageToSearch(SmallDump.referring)
    let (second, counts) = try await again.trimmed { try await Writer.elf.write($0, $1) }
    #expect(counts.whole == 1 && counts.reduced == 1)
    #expect(second.notes.count == first.notes.count)
    let left = try first.memory.pageToSearch(SmallDump.referring)
    #expect(try second.memory.pageToSearch(SmallDump.referring) == left)
  }

  @Test("notes are kept, and the names of the system")
  func notes() async throws {
    let small = try SmallDump()
    _ = try small.memory.page(SmallDump.slab)
    let (dump, _) = try await small.trimmed { try await Writer.kdump.write($0, $1) }
    #expect(dump.vmcoreinfo == small.dump.vmcoreinfo)
    #expect(dump.vmcoreinfoOrigin == .header)
    #expect(dump.cpus == small.dump.cpus)
    #expect(dump.uname?.release == "6.1.0" && dump.machine == .x86_64)
  }
}

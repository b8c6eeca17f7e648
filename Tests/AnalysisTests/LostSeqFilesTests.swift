import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("seq_files of seq_open that nobody freed")
struct LostSeqFilesTests {
  /// A kernel whose module opened files with `seq_open`; each has a buffer of a page.
  struct Kernel {
    var files = 6
    /// The first function of the operations.
    var start = LeakyModule.otherShow

    private static let table = SubjectBuilder.modules.advanced(by: 0x3800)
    private static let stop = LeakyModule.timeout

    func subject(_ answers: Answers) -> Subject {
      var kernel = SubjectBuilder(types: LeakyModule.types)
      let cache = kernel.cache("seq_file", objectSize: 0x78)
      let buffers = kernel.cache("kmalloc-512", objectSize: 512)
      kernel.memory.write(
        [start.rawValue, Self.stop.rawValue, Self.stop.rawValue, LeakyModule.show.rawValue],
        at: Self.table)
      for number in 0..<files {
        let buffer = kernel.object(in: buffers, [UInt64(number)])
        var file = [UInt64](repeating: 0, count: 15)
        file[0] = buffer.rawValue
        file[1] = 512
        file[12] = Self.table.rawValue
        kernel.object(in: cache, file)
      }
      var subject = kernel.subject
      subject.references = answers
      return subject
    }
  }

  private func findings(_ kernel: Kernel, _ answers: Answers = Answers()) async -> [Finding] {
    await Investigation(of: kernel.subject(answers)).findings.filter { $0.rule == "lost-seq-file" }
  }

  @Test("They are told by their show function, and the buffers are counted with them")
  func files() async throws {
    let finding = try #require(await findings(Kernel()).first)
    #expect(finding.count == 6)
    #expect(finding.bytes == 6 * (0x78 + 512))
    #expect(
      finding.title
        == "6 seq_files with their buffers (3.7 KiB) are left by seq_open without seq_release: "
        + "leakmod")
    #expect(finding.certainty == .definite)
    #expect(finding.module == "leakmod")
    #expect(finding.symbols.contains("show=TestMod_ProcContentSeqShow [leakmod]"))
    #expect(finding.evidence.contains { $0.hasPrefix("6 buffers that only they refer to") })
  }

  @Test("A file that is open and a buffer that somebody has are not counted")
  func inUse() async throws {
    let slots = Self.slots(of: Kernel())
    let finding = try #require(
      await findings(Kernel(), Answers(inUse: [slots.files[0], slots.buffers[1]])).first)
    #expect(finding.count == 5)
    #expect(finding.bytes == 5 * 0x78 + 4 * 512)
  }

  @Test("Fewer than four may be files that are being opened")
  func few() async {
    #expect(await findings(Kernel(files: 3)).isEmpty)
    #expect(await findings(Kernel(files: 4)).count == 1)
  }

  @Test("Pages that could not be read make it probable")
  func unread() async throws {
    let answers = Answers(coverage: ScanCoverage(scannedPages: 999, missingPages: 1))
    #expect(try #require(await findings(Kernel(), answers).first).certainty == .probable)
  }

  @Test("Files of single_open are the other rule's")
  func single() async {
    #expect(await findings(Kernel(start: LeakyModule.singleStart)).isEmpty)
  }

  /// The slots of a kernel's files and buffers, in the order in which they were made.
  private static func slots(of kernel: Kernel) -> (files: [UInt32], buffers: [UInt32]) {
    let census = kernel.subject(Answers()).census
    func slots(_ cache: Int) -> [UInt32] {
      census.slabsOfCache[cache].flatMap { slab in
        let first = census.slabs[slab].firstSlot
        return (0..<min(kernel.files, Int(census.slabs[slab].slots))).map { UInt32(first + $0) }
      }
    }
    return (slots(0), slots(1))
  }
}

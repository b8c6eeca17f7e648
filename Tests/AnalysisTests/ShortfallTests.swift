import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Counts of what the dump has only in part")
struct ShortfallTests {
  /// 600 objects of `single_open` in pages of 32, and what a dump lacks of them.
  private func kernel(
    without pages: [Int] = [], in doubt: Int = 0
  ) -> (subject: Subject, objects: [VirtualAddress]) {
    var builder = LostSingleOpenTests.Kernel(lost: 0, held: 0).builder
    let cache = builder.cache("kmalloc-cg-128", objectSize: 128)
    let objects = (0..<600).map { _ in builder.object(in: cache, LeakyModule.seqOperations) }
    for _ in 0..<doubt {
      builder.object(in: cache, state: .indeterminate(fault: 0), LeakyModule.seqOperations)
    }
    for page in pages { builder.memory.removePage(at: objects[page * 32]) }
    return (builder.subject, objects)
  }

  private func finding(_ subject: Subject) async throws -> Finding {
    try #require(await Investigation(of: subject).findings.first)
  }

  @Test("what was seen as a whole is counted as it is")
  func whole() async throws {
    let found = try await finding(kernel().subject)
    #expect(!found.isAtLeast)
    #expect(found.title.hasPrefix("600 seq_operations"))
  }

  @Test("a page that is not there makes the count a lower bound, with the reason")
  func missingPage() async throws {
    let found = try await finding(kernel(without: [0, 5]).subject)
    #expect(found.isAtLeast)
    #expect(found.count == 600 - 64)
    #expect(found.title.hasPrefix("at least 536 seq_operations in kmalloc-cg-128"))
    #expect(
      found.evidence.contains(
        "there may be more: 64 allocated objects of kmalloc-cg-128 cannot be read"))
  }

  @Test("so do objects that may be allocated")
  func doubtful() async throws {
    let found = try await finding(kernel(in: 7).subject)
    #expect(found.count == 600)
    #expect(found.title.hasPrefix("at least 600 seq_operations"))
  }

  @Test("so do pages that may be slabs")
  func unknownFrames() async throws {
    var subject = kernel().subject
    subject.coverage.unknownFrames = 64
    let found = try await finding(subject)
    #expect(found.isAtLeast)
    #expect(found.evidence.contains { $0.contains("64 page frames") })
  }

  @Test("the same leak has the same fingerprint however much of it was seen")
  func fingerprint() async throws {
    let whole = try await finding(kernel().subject)
    let part = try await finding(kernel(without: [1]).subject)
    #expect(whole.fingerprint == part.fingerprint)
  }

  @Test("when most of a cache is missing, the rest is still counted")
  func mostMissing() async throws {
    let found = try await finding(kernel(without: Array(1..<18)).subject)
    #expect(found.count == 600 - 17 * 32)
    #expect(found.isAtLeast)
    #expect(found.certainty == .probable)
  }

  /// Memory in which pages do not decompress.
  private struct Corrupt: VirtualMemory {
    let whole: any VirtualMemory
    let pages: Set<VirtualAddress>

    var pageSize: PageSize { whole.pageSize }

    func page(at address: VirtualAddress) throws(Absence) -> Page {
      if pages.contains(pageSize.start(of: address)) { throw .corrupt(.contents) }
      return try whole.page(at: address)
    }
  }

  @Test("pages that turn out to be corrupt when they are read are told of")
  func corruptPages() async throws {
    let (sound, objects) = kernel()
    var subject = sound
    subject.memory = Corrupt(whole: sound.memory, pages: [objects[0], objects[96]])
    subject.coverage.absentPages = Array(repeating: 0, count: subject.census.caches.count)
    let investigation = await Investigation(of: subject)
    #expect(investigation.coverage.absentSlabPages == 2)
    #expect(investigation.coverage.absences == [.corruptContents: 2])
    #expect(investigation.coverage.remarks.contains { $0.contains("--num-threads") })
    #expect(investigation.findings.first?.isAtLeast == true)
  }
}

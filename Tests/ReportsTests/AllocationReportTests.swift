import Evidence
import Memory
import Reports
import Testing

@testable import Analysis

@Suite("Reports of who allocated objects")
struct AllocationReportTests {
  private let subject: Subject = {
    var subject = SampleKernel.subject()
    subject.allocations = SampleRecords()
    return subject
  }()

  private func lines(_ report: some Report) -> [String] {
    report.text(style: .plain).split(separator: "\n").map(String.init)
  }

  private func show(_ address: UInt64) -> AddressReport {
    AddressReport(subject, at: VirtualAddress(address), groups: SampleKernel.groups)
  }

  @Test("an object in use has its allocation and the free of what was there before")
  func allocated() throws {
    let report = show(SampleKernel.slabStart)
    #expect(try SchemaChecker("show").errors(in: report.json()) == [])
    let lines = lines(report)
    let start = try #require(lines.firstIndex { $0.contains("allocated in tm_open") })
    #expect(
      lines[start..<(start + 6)] == [
        "    allocated in tm_open [leakmod] (leakmod.c:25)",
        "    allocated by process 71 on CPU 1, 2.5 s before the dump:",
        "      tm_show+0x10 [leakmod]", "      0x0000000000000010",
        "    what was there before was freed by process 0 on CPU 0:",
        "      tm_show+0x10 [leakmod]",
      ])
  }

  @Test("an object without records has none shown")
  func unrecorded() throws {
    let report = show(SampleKernel.slabStart + 39 * 32)
    #expect(try SchemaChecker("show").errors(in: report.json()) == [])
    #expect(!report.text(style: .plain).contains("allocated by"))
  }

  @Test("a group tells the commonest ways to the allocator")
  func groups() throws {
    let report = GroupsReport(subject, name: "kmalloc-32", caches: [SampleKernel.groups])
    #expect(try SchemaChecker("groups").errors(in: report.json()) == [])
    let lines = lines(report)
    for line in [
      "    35 of 38 were allocated by tm_open [leakmod] (leakmod.c:25): tm_show+0x10 [leakmod]; "
        + "1 has no record; 2.5 s to 125 s before the dump",
      "    1 of them was allocated by tm_show+0x10 [leakmod] ← 0x0000000000000010",
      "    1 of them was allocated by tm_open [leakmod] (leakmod.c:25)",
    ] { #expect(lines.contains(line), "\(line)") }
  }

  @Test("a finding has them among its evidence, behind its own")
  func finding() {
    let evidence = SampleKernel.finding().withAllocations(in: subject).evidence
    #expect(evidence.prefix(2) == ["no file refers to any", "single_open set them"])
    #expect(evidence.count == 5)
    #expect(evidence[2].hasPrefix("35 of 38 were allocated by tm_open"))
    #expect(SampleKernel.bareFinding.withAllocations(in: subject) == SampleKernel.bareFinding)
  }
}

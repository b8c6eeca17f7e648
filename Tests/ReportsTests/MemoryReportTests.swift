import Analysis
import Evidence
import Memory
import Reports
import Testing

@Suite("Report on memory")
struct MemoryReportTests {
  private func lines(_ subject: Subject) async -> [String] {
    let report = MemoryReport(
      subject, input: SampleKernel.input, groups: await GhostGroups(of: subject))
    return report.text(style: .plain).split(separator: "\n").map(String.init)
  }

  @Test("the largest use comes first, its counter beside it, and what is left at the end")
  func table() async throws {
    let lines = await lines(SampleKernel.subjectWithAccount)
    #expect(lines[0] == "Memory: 4.0 MiB, by the state of 1,024 pages")
    let uses = lines.dropFirst(2).prefix(5).map { $0.split(separator: " ").joined(separator: " ") }
    #expect(
      uses == [
        "page cache 2.0 MiB 50.0 % 512", "ext4 2.0 MiB 50.0 % 512",
        "free 1.0 MiB 25.0 % 256 1.0 MiB MemFree", "not accounted for 1.0 MiB 25.0 % 256",
        "all 4.0 MiB 100.0 % 1,024",
      ])
    #expect(
      lines.contains {
        $0.hasPrefix("11 pages that nothing accounts for, in 3 blocks: 1 of 8 compound pages")
      })
    #expect(lines.contains("note: page cache: the counter differs"))
  }

  @Test("what no one counted is not made up")
  func nothing() async throws {
    #expect(await lines(SampleKernel.subject())[0].hasPrefix("Nothing is known"))
  }

  @Test("a name from the dump cannot drive the terminal")
  func hostileNames() async throws {
    var kernel = SampleKernel.subject()
    kernel.accounts = [
      MemoryAccount(
        source: "x\u{1B}[2J", total: 10,
        parts: [.init(id: "a\u{1B}", bytes: 5, parts: [.init(id: "b\u{7}", bytes: 5)])],
        remarks: ["c\u{1B}"])
    ]
    let text = await lines(kernel).joined(separator: "\n")
    #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
  }
}

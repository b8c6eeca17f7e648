import Analysis
import Evidence
import Testing

@testable import Reports

@Suite("The one-screen answer")
struct AnalysisReportTests {
  private let subject = SampleKernel.subject(remarks: ["kernels like this were not tested"])

  private func report(_ findings: [Finding]) -> AnalysisReport {
    AnalysisReport(
      subject, input: SampleKernel.input,
      investigation: Investigation(
        groups: [SampleKernel.groups], findings: findings, coverage: subject.coverage),
      command: "slabscope analyze vmcore")
  }

  @Test("the first line is the worst finding, with its certainty")
  func worstFirst() throws {
    let report = report([
      SampleKernel.finding("large but unusual", certainty: .hint, bytes: 1 << 40),
      SampleKernel.finding("of no known size", certainty: .proven, bytes: nil),
      SampleKernel.finding("small", certainty: .definite, bytes: 1),
      SampleKernel.finding("large", certainty: .probable, bytes: 1 << 30),
      SampleKernel.finding("from counters", certainty: .possible, bytes: 1),
    ])
    let first = try #require(report.text(style: .plain).split(separator: "\n").first)
    #expect(first.hasPrefix("large "))
    #expect(first.hasSuffix(" [probable]"))
    let all = try #require(report.explanation(of: "all", style: .plain))
    let titles = all.split(separator: "\n").filter { $0.hasPrefix("F") }
    let order = [
      "F1  large ", "F2  small ", "F3  of no known size ", "F4  from counters ", "F5  large but ",
    ]
    #expect(titles.count == order.count)
    #expect(zip(titles, order).allSatisfy { $0.hasPrefix($1) })
  }

  @Test("a finding says its symbols by member, its cause and how much was read")
  func details() {
    let lines = report([SampleKernel.finding()]).text(style: .plain)
      .split(separator: "\n").map(String.init)
    #expect(
      lines[1...4] == [
        "    start=single_start  stop=single_stop  next=single_next  show=tm_show [leakmod]",
        "    cause: tm_ops.proc_release is seq_release",
        "    39 of 40 objects in kmalloc-32 were read; no file refers to any",
        "    more: slabscope analyze vmcore --explain F1",
      ])
  }

  @Test("the same findings give the same report in whatever order they come")
  func order() {
    let findings = ["a", "b", "c"].map { SampleKernel.finding($0) }
    #expect(
      report(findings).text(style: .plain) == report(findings.reversed()).text(style: .plain))
  }

  @Test("a hint behind a leak takes one line that says its number")
  func hint() {
    let hint = SampleKernel.finding("many alike", certainty: .hint)
    let lines = report([hint, SampleKernel.finding()]).text(style: .plain)
      .split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[5].hasPrefix("F2  many alike ") && lines[5].hasSuffix(" [hint]"))
    #expect(lines[6].isEmpty)
    #expect(report([hint]).text(style: .plain).contains("    more: "))
  }

  @Test("many findings still fit on a screen")
  func many() {
    let text = report((0..<100).map { SampleKernel.finding("finding \($0)") }).text(style: .plain)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 50)
    #expect(text.contains("and 90 findings more: --explain all"))
  }

  @Test("where nothing leaks, the first line says so")
  func nothingLeaks() {
    let text = report([]).text(style: .plain)
    #expect(text.hasPrefix("No known leak pattern was found. The largest caches are "))
    #expect(text.contains("1 of 3 slab pages cannot be read"))
    #expect(text.contains("note: kernels like this were not tested"))
  }

  @Test("where pages may be slabs that were missed, no leak is ruled out")
  func partial() {
    var partial = subject
    partial.coverage.unknownFrames = 64
    let report = AnalysisReport(
      partial, input: SampleKernel.input,
      investigation: Investigation(groups: [], findings: [], coverage: partial.coverage),
      command: "slabscope x")
    #expect(
      report.text(style: .plain)
        .hasPrefix("No known leak pattern was found in what could be read. The largest"))
  }

  @Test("where no cache could be walked, nothing is said of leaks")
  func nothingWalked() {
    var lost = subject
    lost.census = Census(
      CensusBuilder(caches: [
        SampleKernel.cache(
          "lost", at: 0xffff_8880_0010_0300, objectSize: 64, slotSize: 64, perSlab: 64,
          faults: [Fault(.absent, "its nodes are excluded from the dump")])
      ]))
    let report = AnalysisReport(
      lost, input: SampleKernel.input,
      investigation: Investigation(groups: [], findings: [], coverage: lost.coverage),
      command: "slabscope x")
    #expect(report.text(style: .plain).hasPrefix("The slab caches could not be found"))
  }

  @Test("where the caches were not found, no leak is ruled out")
  func nothingKnown() {
    var empty = subject
    empty.census = Census(CensusBuilder(caches: []))
    let report = AnalysisReport(
      empty, input: SampleKernel.unknownInput,
      investigation: Investigation(groups: [], findings: [], coverage: empty.coverage),
      command: "slabscope x")
    #expect(report.text(style: .plain).hasPrefix("The slab caches could not be found"))
  }

  @Test("an explanation has everything that is known of a finding")
  func explanation() throws {
    let report = report([SampleKernel.finding()])
    let text = try #require(report.explanation(of: "f1", style: .plain))
    let parts = [
      "probable: the objects fit a known leak pattern", "+0x18  show   tm_show [leakmod]",
      "0xffff888001000000", "crash> rd ffff888001000000 4", "no file refers to any",
      "1. tm_open [leakmod] (leakmod.c:25): calls single_open", "single_open set them",
      "fingerprint 0123456789abcdef", "rule single-open", "38 × seq_operations, 32 bytes",
    ]
    for part in parts { #expect(text.contains(part), "\(part)") }
  }

  @Test("where no page of a slab can be read, no known pattern was found is not the answer")
  func blind() {
    var blind = subject
    blind.coverage = Coverage(slabPages: 3, absentPages: [2, 1])
    let report = AnalysisReport(
      blind, input: SampleKernel.input,
      investigation: Investigation(groups: [], findings: [], coverage: blind.coverage),
      command: "slabscope x")
    #expect(report.text(style: .plain).hasPrefix("None of the 3 slab pages can be read, so "))
    #expect(report.blindness?.hasPrefix("none of the 3 slab pages can be read, so ") == true)
    #expect(self.report([]).blindness == nil)
  }

  @Test("a finding that is not there has no explanation, and all of none is none")
  func noExplanation() {
    #expect(report([]).explanation(of: "F1", style: .plain) == nil)
    #expect(
      report([]).explanation(of: "all", style: .plain)?.hasPrefix("No known leak pattern") == true)
    #expect(report([SampleKernel.finding()]).explanation(of: "F2", style: .plain) == nil)
  }
}

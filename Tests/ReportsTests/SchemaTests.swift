import Analysis
import Evidence
import Foundation
import Memory
import Reports
import Testing

@Suite("JSON and its schemas")
struct SchemaTests {
  private let subject = SampleKernel.subject(remarks: ["kernels like this were not tested"])

  private func expectValid(_ report: some Report, _ schema: String) throws {
    let document = try report.json()
    #expect(try SchemaChecker(schema).errors(in: document) == [])
    #expect(document.hasSuffix("}\n"))
  }

  @Test("caches")
  func caches() throws { try expectValid(CachesReport(subject), "caches") }

  @Test("groups")
  func groups() throws {
    try expectValid(
      GroupsReport(subject, name: "kmalloc-32", caches: [SampleKernel.groups]), "groups")
  }

  @Test("groups of a cache that has none")
  func noGroups() throws {
    let none = CacheGroups(cache: 1, groups: [], grouped: 0, unread: 0)
    try expectValid(GroupsReport(subject, name: "filp", caches: [none]), "groups")
  }

  @Test("the manifest of a trimmed dump")
  func manifest() throws {
    let manifest = TrimManifest(
      of: SampleKernel.input, version: "0.1.0", verbs: ["analyze"], isRedacted: false,
      pages: .init(
        whole: 1, reduced: 2, leftOut: 3, absent: [.init(condition: .hole, pages: 4)]))
    #expect(try SchemaChecker("trim").errors(in: manifest.json()) == [])
  }

  @Test("analyze, with a finding of every certainty and one that is bare")
  func analyze() throws {
    let findings = Certainty.allCases.map { SampleKernel.finding(certainty: $0) }
    try expectValid(
      AnalysisReport(
        subject, input: SampleKernel.input,
        investigation: Investigation(
          groups: [SampleKernel.groups], findings: findings + [SampleKernel.bareFinding],
          coverage: subject.coverage),
        command: "slabscope analyze vmcore"),
      "analyze")
  }

  private static let limits = Comparison.Limits(
    tolerance: 0.1, smallestBytes: 64, suppressed: ["0123456789abcdef": "it is mended upstream"])

  @Test("check, with a leak that is suppressed, one that is gone and a cache that is not seen")
  func check() throws {
    let now = AnalysisRecord([SampleKernel.finding(), SampleKernel.bareFinding], in: subject)
    let gone = LeakRecord(
      fingerprint: "feed", title: "it leaked", certainty: .proven, count: nil, bytes: 8)
    let clear = CacheRecord(
      name: "kmalloc-32", objects: 128, indeterminate: 0, bytes: 4096, absentBytes: 0)
    let comparison = Comparison(
      now, with: AnalysisRecord(leaks: [gone], caches: [clear]), limits: Self.limits)
    #expect(comparison.rows.map(\.standing) == [.suppressed, .hint])
    #expect(comparison.gone == [gone])
    #expect(comparison.blindness.map(\.cache) == ["kmalloc-32"])
    try expectValid(CheckReport(comparison, limits: Self.limits), "check")
  }

  @Test("a report that is read back is what was found")
  func savedAnalysis() throws {
    let findings = [SampleKernel.finding(), SampleKernel.bareFinding]
    let report = AnalysisReport(
      subject, input: SampleKernel.input,
      investigation: Investigation(
        groups: [SampleKernel.groups], findings: findings, coverage: subject.coverage),
      command: "slabscope analyze vmcore")
    let saved = try SavedAnalysis(Data(report.json().utf8)).record
    let known = AnalysisRecord(findings, in: subject)
    #expect(saved.leaks == known.leaks)
    #expect(Set(saved.caches) == Set(known.caches))
  }

  @Test("what is no report and no list of suppressions is refused in words")
  func unreadableFiles() {
    func reason(_ text: String) -> String? {
      do throws(UnreadableFile) {
        _ = try Suppressions(Data(text.utf8))
        return nil
      } catch {
        return error.reason
      }
    }
    let begin = #"{"schema": "slabscope.suppressions/1""#
    #expect(reason("{") == "is not a JSON document of schema slabscope.suppressions/1")
    #expect(
      reason(#"{"schema": "slabscope.caches/1"}"#)
        == "is of schema slabscope.caches/1, not slabscope.suppressions/1")
    #expect(
      reason(begin + "}")
        == "is not of schema slabscope.suppressions/1: it has no suppressions")
    #expect(
      reason(begin + #", "suppressions": [{"fingerprint": "1f", "reason": " "}]}"#)
        == "has no reason for the suppression of 1f")
    #expect(
      reason(begin + #", "suppressions": [{"fingerprint": "1f", "reason": "harmless"}]}"#) == nil)
  }

  @Test("patterns are read, and what is wrong with one is told")
  func patterns() throws {
    func reason(_ entry: String) -> String? {
      let text = #"{"schema": "slabscope.patterns/1", "patterns": [\#(entry)]}"#
      do throws(UnreadableFile) {
        _ = try SavedPatterns(Data(text.utf8))
        return nil
      } catch {
        return error.reason
      }
    }
    func entry(_ name: String, _ word: String) -> String {
      #"{"name": "\#(name)", "title": "t", "advice": "a", "words": [\#(word)]}"#
    }
    let word = #"{"offset": 16, "symbol": "tm_timeout"}"#
    #expect(reason(entry("tm-session", word)) == nil)
    #expect(reason(entry("", word))?.hasSuffix("lower-case words with hyphens") == true)
    #expect(reason(entry("Tm session", word))?.hasSuffix("words with hyphens") == true)
    #expect(reason(entry("many-alike", word))?.hasSuffix("name of a built-in rule") == true)
    #expect(reason(entry("a", word) + "," + entry("a", word))?.hasSuffix("is there twice") == true)
    #expect(reason(entry("a", ""))?.hasSuffix("has no words") == true)
    #expect(
      reason(entry("a", #"{"offset": 12, "symbol": "s"}"#))?.hasSuffix("no multiple of 8") == true)
    #expect(reason(entry("a", #"{"offset": 8}"#))?.contains("neither symbol nor module") == true)
    #expect(reason("{}") == "is not of schema slabscope.patterns/1: it has no name")
  }

  @Test("analyze, where nothing is known")
  func analyzeNothing() throws {
    var empty = subject
    empty.census = Census(CensusBuilder(caches: []))
    try expectValid(
      AnalysisReport(
        empty, input: SampleKernel.unknownInput,
        investigation: Investigation(groups: [], findings: [], coverage: empty.coverage),
        command: "slabscope analyze vmcore"),
      "analyze")
  }

  @Test("memory, with counters, owners, remarks and pages that nothing accounts for")
  func memory() async throws {
    let kernel = SampleKernel.subjectWithAccount
    let groups = await GhostGroups(of: kernel)
    try expectValid(MemoryReport(kernel, input: SampleKernel.input, groups: groups), "memory")
    try expectValid(
      AnalysisReport(
        kernel, input: SampleKernel.input,
        investigation: Investigation(groups: [], findings: [], coverage: kernel.coverage),
        command: "slabscope analyze vmcore"),
      "analyze")
  }

  @Test("memory, where nothing is known")
  func memoryNothing() async throws {
    let groups = await GhostGroups(of: subject)
    try expectValid(
      MemoryReport(subject, input: SampleKernel.unknownInput, groups: groups), "memory")
  }

  @Test(
    "show, an address of each kind",
    arguments: [
      SampleKernel.slabStart + 8, SampleKernel.slabStart + 0x1000, SampleKernel.slabStart + 0x1100,
      SampleKernel.slabStart + 127 * 32, SampleKernel.showFunction, 0xdead_0000_0000_0100, .max,
    ] as [UInt64])
  func show(address: UInt64) throws {
    try expectValid(
      AddressReport(subject, at: VirtualAddress(address), groups: SampleKernel.groups), "show")
  }

  @Test("show with who refers to an object")
  func referrers() throws {
    var counts = References.Counts()
    counts.objects = 1
    counts.stale = 1
    let stack = VirtualAddress(0xffff_c900_0000_1000)
    let holder = VirtualAddress(SampleKernel.slabStart + 40)
    let references = References(
      slots: [0], counts: [counts], places: [.object(cache: 0): 1, .vmalloc: 1],
      samples: [
        Reference(address: stack, place: .vmalloc, slot: 0, offset: 0),
        Reference(address: holder, place: .object(cache: 0), slot: 0, offset: 8),
      ], coverage: ScanCoverage(scannedPages: 7, missingPages: 1))
    let report = AddressReport(
      subject, at: VirtualAddress(SampleKernel.slabStart), groups: SampleKernel.groups,
      references: references)
    try expectValid(report, "show")
    let lines = report.text(style: .plain).split(separator: "\n").map(String.init)
    #expect(
      lines.contains(
        "    referred to by 2 words, 1 of which may be left from before; "
          + "1 page that could hold more cannot be read"))
    #expect(lines.contains("      \(stack): vmalloc memory"))
    #expect(lines.contains { $0.hasPrefix("      \(holder): an object of ") })
  }

  @Test("info")
  func info() throws {
    try expectValid(InfoReport(SampleKernel.input), "info")
    try expectValid(InfoReport(SampleKernel.unknownInput), "info")
  }

  @Test("rules")
  func rules() throws {
    try expectValid(RulesReport([SampleRule()]), "rules")
    try expectValid(RuleManual(SampleRule()), "rules")
  }

  @Test("each line of objects")
  func objects() throws {
    let checker = try SchemaChecker("objects")
    let listing = ObjectListing(subject, caches: nil, states: Set(ObjectStateKind.allCases))
    var bytes: [UInt8] = []
    listing.write(as: .jsonLines) { bytes += $0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 160)
    for line in lines { #expect(try checker.errors(in: String(line)) == []) }
  }

  @Test(
    "the checker finds a missing key, a wrong type, a short address and a wrong version",
    arguments: [
      (#""waste" :"#, #""waist" :"#), (#""slot_size" : 32"#, #""slot_size" : "32""#),
      ("0xffff888000100000", "0xffff88800010000"), ("slabscope.caches/1", "slabscope.caches/2"),
      (#""complete" : false"#, #""complete" : 0"#),
    ])
  func checker(old: String, new: String) throws {
    let good = try CachesReport(subject).json()
    let bad = good.replacing(old, with: new)
    #expect(bad != good)
    #expect(try SchemaChecker("caches").errors(in: bad) != [])
  }
}

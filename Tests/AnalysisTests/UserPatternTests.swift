import Evidence
import FixtureKit
import Testing

@testable import Analysis

@Suite("Patterns of one's own")
struct UserPatternTests {
  private var kernel: SubjectBuilder {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-96", objectSize: 96, aliases: ["tm_cache"])
    for id in 0..<100 { kernel.object(in: cache) { LeakyModule.session(id, at: $0) } }
    return kernel
  }

  private func pattern(
    cache: String? = nil, fewest: Int = 1,
    _ words: UserPattern.Word = .init(offset: 16, symbol: "tm_timeout", module: "leakmod")
  ) -> UserPattern {
    UserPattern(
      name: "tm-session", title: "sessions that tm_put forgot", advice: "look for tm_put",
      cache: cache, fewest: fewest, words: [words])
  }

  private func findings(
    _ pattern: UserPattern, _ references: Answers? = Answers()
  ) async -> [Finding] {
    var subject = kernel.subject
    subject.references = references
    return await Investigation(of: subject, patterns: [pattern]).findings
  }

  @Test("says what its author knows, in the place of the rule for any objects")
  func known() async throws {
    let found = await findings(pattern())
    #expect(found.map(\.rule) == ["tm-session"])
    let finding = try #require(found.first)
    #expect(
      finding.title == "100 tm_session in kmalloc-96 (9.4 KiB): sessions that tm_put forgot")
    #expect(finding.certainty == .definite)
    #expect(finding.evidence.last == "what to do: look for tm_put")
  }

  @Test("counts the lost ones only, where something leads to others")
  func someInUse() async throws {
    let finding = try #require(
      await findings(pattern(), Answers(inUse: Set((0..<30).map { UInt32($0) }))).first)
    #expect(finding.count == 70)
    #expect(finding.evidence.first == "nothing in use leads to them; 30 more are in use")
  }

  @Test("is a hint where all are in use, and possible where that is not known")
  func uses() async {
    let all = Answers(inUse: Set((0..<100).map { UInt32($0) }))
    #expect(await findings(pattern(), all).map(\.certainty) == [.hint])
    #expect(await findings(pattern(), nil).map(\.certainty) == [.possible])
    let missing = Answers(coverage: ScanCoverage(scannedPages: 9, missingPages: 1))
    #expect(await findings(pattern(), missing).map(\.certainty) == [.possible])
  }

  @Test("matches by symbol, by module, by cache or alias, and by number")
  func matches() async {
    func isFound(_ pattern: UserPattern) async -> Bool {
      await findings(pattern).contains { $0.rule == "tm-session" }
    }
    #expect(await isFound(pattern(.init(offset: 16, symbol: nil, module: "leakmod"))))
    #expect(await isFound(pattern(.init(offset: 16, symbol: "tm_timeout", module: nil))))
    #expect(await !isFound(pattern(.init(offset: 16, symbol: "tm_timeout", module: "other"))))
    #expect(await !isFound(pattern(.init(offset: 8, symbol: "tm_timeout", module: nil))))
    #expect(await !isFound(pattern(.init(offset: 960, symbol: "tm_timeout", module: nil))))
    #expect(await isFound(pattern(cache: "kmalloc-96")))
    #expect(await isFound(pattern(cache: "tm_cache")))
    #expect(await !isFound(pattern(cache: "kmalloc-64")))
    #expect(await isFound(pattern(fewest: 100)))
    #expect(await !isFound(pattern(fewest: 101)))
  }

  @Test("has a manual that tells what it looks for")
  func manual() {
    let manual = UserPatternRule(pattern(cache: "kmalloc-96", fewest: 1000)).manual
    #expect(manual.contains("Objects of kmalloc-96, 1,000 or more, with"))
    #expect(manual.contains("at 16: tm_timeout [leakmod]"))
    #expect(manual.contains("What to do: look for tm_put"))
  }
}

import Analysis
import Evidence
import Memory
import Testing

@testable import Reports

@Suite("Reports for people")
struct ReportTextTests {
  private let subject = SampleKernel.subject()

  private func show(_ address: UInt64) -> String {
    AddressReport(subject, at: VirtualAddress(address), groups: SampleKernel.groups)
      .text(style: .plain)
  }

  @Test("the caches reconcile, and one that was not walked has no zeros")
  func caches() throws {
    let text = CachesReport(subject).text(style: .plain)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(
      text.contains(
        "4 caches, 3 slabs, 12.0 KiB: "
          + "160 slots = 70 allocated + 88 free + 1 pending + 1 unknown\n"))
    let lost = try #require(lines.first { $0.hasPrefix("lost") })
    #expect(lost.contains(" ?") && !lost.contains(" 0"))
    #expect(!text.contains("\u{1B}"))
  }

  @Test("caches of one name are told apart by address, and faults say where")
  func repeatedNames() {
    let text = CachesReport(subject).text(style: .plain)
    let lines = text.split(separator: "\n")
    #expect(
      lines.contains {
        $0.hasPrefix("filp (0xffff888000100100) ") && $0.hasSuffix(" file, fileish")
      })
    #expect(lines.contains { $0.hasPrefix("filp (0xffff888000100200) ") })
    #expect(lines.contains("  filp: freelist comes back to slot 3 at 0xffff888001001000"))
  }

  @Test("groups show their words, runs of zeros in one line")
  func groups() {
    let report = GroupsReport(subject, name: "kmalloc-32", caches: [SampleKernel.groups])
    let lines = report.text(style: .plain).split(separator: "\n").map(String.init)
    for line in [
      "1 of them cannot be read and are in no group.",
      "at least 38 × seq_operations, 1.2 KiB, 32 bytes each, all identical",
      "    +0x08  stop   single_stop", "    +0x00         differs", "    +0x08..+0x10  0",
      "    +0x18         -> object of filp+0x10",
    ] { #expect(lines.contains(line), "\(line)") }
  }

  @Test("a text over several words is told as one")
  func text() {
    let group = ObjectGroup(
      cache: 0,
      template: Template(
        words: [
          TemplateWord(offset: 0, shared: .text("session-")),
          TemplateWord(offset: 8, shared: .text("config")),
          TemplateWord(offset: 16, shared: .text("other")),
        ] + (3..<9).map { TemplateWord(offset: $0 * 8, shared: .text("PPPPPPPP")) }),
      type: .unknown, slots: [38, 39], identical: 1)
    let report = GroupsReport(
      subject, name: "kmalloc-32",
      caches: [CacheGroups(cache: 0, groups: [group], grouped: 2, unread: 0)])
    let lines = report.text(style: .plain).split(separator: "\n").map(String.init)
    for line in [
      "at least 2 × +0x00 \"session-config\", +0x10 \"other\", 64 B, no two identical",
      "    +0x00  \"session-config\"", "    +0x10  \"other\"",
      "    +0x18  \"" + String(repeating: "P", count: 40) + "…\"",
    ] { #expect(lines.contains(line), "\(line)") }
  }

  @Test("an object's words are named, and so is the state of what they point to")
  func showObject() {
    let text = show(SampleKernel.slabStart + 0x28)
    for part in [
      "0x8 bytes into an object of kmalloc-32 at 0xffff888001000020: allocated",
      "-> indeterminate object of filp+0x10", "-12 (ERR_PTR?)", "\"leakmod\"",
    ] { #expect(text.contains(part), "\(part)") }
  }

  @Test("a free object says where it was found")
  func showFree() {
    #expect(show(SampleKernel.slabStart + 127 * 32).contains("free, on the freelist of a CPU's"))
    #expect(show(SampleKernel.slabStart + 0x1000).contains("passed to kfree_rcu"))
    #expect(show(SampleKernel.slabStart + 0x1100).contains("freelist comes back to slot 3"))
  }

  @Test("what is not known is said")
  func showNothing() {
    let text = show(0xdead_0000_0000_0100)
    #expect(text.contains("Nothing is known of this address"))
    #expect(text.contains("Its memory cannot be read: excluded from the dump."))
  }

  @Test("a function has its source line, and no words of code")
  func showFunction() {
    let text = show(SampleKernel.showFunction)
    #expect(text.contains("in the function tm_show [leakmod] (leakmod.c:40)"))
    #expect(!text.contains("OFFSET"))
  }

  @Test("the dump level says what was left out")
  func info() {
    let text = InfoReport(SampleKernel.input).text(style: .plain)
    #expect(text.contains("31 (left out: zero, cache, private cache, user, free pages)"))
    #expect(text.contains("1,024: 1,000 present, 24 excluded from the dump"))
    #expect(text.contains("moved by 0x1a000000"))
  }
}

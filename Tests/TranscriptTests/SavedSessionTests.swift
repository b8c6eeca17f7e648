import Analysis
import ByteKit
import Evidence
import Foundation
import Memory
import Testing
import Transcript

/// The sessions in Fixtures/sessions, compared with a second reading that knows nothing of the first:
/// regular expressions on lines.
@Suite struct SavedSessionTests {
  private static let slab = ["slab-5.10-crash-7.2.9.typescript", "slab-5.10-crash-7.2.9.piped.txt"]
  private static let slub = "slub-6.1-crash-8.0.2.typescript"

  private func saved(_ name: String) throws -> SavedText {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/sessions")
    let plain = folder.appending(path: name).path
    let path = FileManager.default.fileExists(atPath: plain) ? plain : plain + ".xz"
    return try #require(SavedText(try Bytes.mapped(path: path), name: name))
  }

  /// The lines as a person sees them.
  private func lines(_ text: SavedText) -> [String] {
    let escape = /\u{1b}(\[[0-9;?]*[A-Za-z]|[=>])/
    return String(decoding: text.bytes.array, as: UTF8.self)
      .split { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
      .map { String($0).replacing(escape, with: "") }
  }

  private func read(_ text: SavedText) throws -> (SessionFacts, SessionEvidence) {
    var reader = SessionReader()
    reader.read(text)
    #expect(reader.unread.allSatisfy { $0.lines == 0 && $0.partial == 0 })
    let sessions = reader.finish()
    #expect(sessions.count == 1)
    let facts = try #require(sessions.first)
    return (facts, SessionEvidence(facts, textSize: text.bytes.count))
  }

  @Test(arguments: slab + [slub])
  func cachesAreThoseOfTheText(name: String) throws {
    let text = try saved(name)
    let subject = try read(text).1.subject
    let row = /^(f[0-9a-f]{15}) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)k +(\S.*?) *$/
    var told: [String: [Int]] = [:]
    for line in lines(text) {
      guard let match = line.firstMatch(of: row) else { continue }
      told["0x\(match.1) \(match.7)"] = [match.2, match.3, match.4, match.5].compactMap { Int($0) }
    }
    var found: [String: [Int]] = [:]
    for (cache, counters) in zip(subject.census.caches, subject.counters) {
      let counters = try #require(counters)
      found["\(cache.address) \(cache.name)"] =
        [cache.objectSize]
        + [counters.allocated, counters.total, counters.slabs].compactMap { $0 }
    }
    #expect(found == told)
    #expect(told.count == (name == Self.slub ? 145 : 90))
  }

  @Test(arguments: slab + [slub])
  func objectsAreThoseOfTheText(name: String) throws {
    let text = try saved(name)
    let census = try read(text).1.subject.census
    census.checkInvariants()
    let object = /^  (\[| )(f[0-9a-f]{15})\]? *(\(cpu \d+ cache\))? *$/
    var allocated: Set<String> = []
    var free: Set<String> = []
    var isListing = false
    for line in lines(text) {
      if line.contains("FREE / [ALLOCATED]") {
        isListing = true
      } else if let match = line.firstMatch(of: object), isListing {
        if match.1 == "[" { allocated.insert("0x\(match.2)") } else { free.insert("0x\(match.2)") }
      } else {
        isListing = false
      }
    }
    for (kind, told) in [(ObjectStateKind.allocated, allocated), (.free, free)] {
      let found = (0..<census.slotCount).filter { census.stateKind(of: $0) == kind }
        .compactMap { census.object(inSlot: $0) }.map { census.address(of: $0).description }
      #expect(found.count == told.count)
      #expect(Set(found) == told)
    }
    #expect(allocated.count == (name == Self.slub ? 96 + 45 : 63_633))
  }

  @Test(arguments: slab + [slub])
  func contentsAreThoseOfTheText(name: String) throws {
    let text = try saved(name)
    let memory = try #require(try read(text).1.subject.memory as? ShownMemory)
    let row = /^(f[0-9a-f]{15}):  ([0-9a-f]{16}) ([0-9a-f]{16}) {3}/
    var told: [UInt64: UInt64] = [:]
    for line in lines(text) {
      guard let match = line.firstMatch(of: row), let address = UInt64(match.1, radix: 16)
      else { continue }
      told[address] = UInt64(match.2, radix: 16)
      told[address + 8] = UInt64(match.3, radix: 16)
    }
    #expect(told.count == (name == Self.slub ? 28 : 32))
    #expect(memory.wordCount == told.count)
    for (address, value) in told {
      #expect(try memory.load(UInt64.self, at: VirtualAddress(address)) == value)
    }
  }

  @Test(arguments: slab)
  func whatWasReadOfSLABIsAGroupAndAPossibleLeak(name: String) async throws {
    let subject = try read(try saved(name)).1.subject
    let investigation = await Investigation(of: subject)
    let cache = try #require(subject.census.caches(named: "kmalloc-32").first)
    let groups = investigation.groups[cache]
    #expect(groups.groups.map(\.slots.count) == [8])
    #expect(groups.unread == 63_633 - 8)
    let finding = try #require(investigation.findings.first)
    #expect(finding.certainty == .possible)
    #expect(finding.type == "seq_operations")
    #expect(finding.module == "leakmod")
    #expect(
      finding.title.hasPrefix(
        "8 of 8 objects read in kmalloc-32 (of 63,633 allocated) are seq_operations"))
    #expect(finding.evidence.first?.hasPrefix("63,633 objects (1.9 MiB) are allocated") == true)
    #expect(finding.count == nil)
  }

  @Test func whatCrashDidNotListOfSLUBIsSaidFirst() async throws {
    let (facts, evidence) = try read(try saved(Self.slub))
    #expect(
      evidence.subject.coverage.headline
        == "crash listed 96 of 60,000 allocated objects of kmalloc-cg-32, as it does not follow "
        + "SLUB's full slabs; the content of 6 is known. slabscope ask prints the commands that show "
        + "the others")
    let commands = FollowUp(facts, evidence).commands
    #expect(commands.contains("\nkmem -p | grep ff38db0cc1035100\n"))
  }
}

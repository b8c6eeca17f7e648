import ByteKit
import DumpFiles
import Foundation
import Memory
import Testing

@Suite("slabscope trim --redact")
struct RedactionTests {
  /// Whether a byte is a character of a text in the widest sense of the word.
  private static func isCharacter(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7f || (9...13).contains(byte)
  }

  /// Runs of six or more characters: with white space, with tabs and blanks only, with blanks only.
  private struct Texts {
    var all: [Set<[UInt8]>] = [[], [], []]

    mutating func add(_ run: some Collection<UInt8>) {
      guard run.count >= 6 else { return }
      all[0].insert(Array(run))
      for (index, limit) in [(1, UInt8(9)), (2, 0x1f)] {
        let parts = run.split { $0 < 0x20 && ($0 != 9 || limit > 9) }
        for part in parts where part.count >= 6 { all[index].insert(Array(part)) }
      }
    }
  }

  /// All texts in a dump's memory, also such as cross pages.
  private func texts(of dump: DumpFile) -> Texts {
    var texts = Texts()
    /// What the page before ends with.
    var open: [UInt8] = []
    for range in dump.memory.frames {
      for number in range.lowerBound.rawValue..<range.upperBound.rawValue {
        let page = (try? dump.memory.pageToSearch(PageFrame(number)))?.array ?? []
        open += page.prefix(while: Self.isCharacter)
        if open.count >= page.count, !page.isEmpty, page.allSatisfy(Self.isCharacter) { continue }
        texts.add(open)
        open = Array(page.reversed().prefix(while: Self.isCharacter).reversed())
        // Six characters in a row have one at each sixth place.
        var place = 5
        while place < page.count {
          guard Self.isCharacter(page[place]) else {
            place += 6
            continue
          }
          let end = page[place...].firstIndex { !Self.isCharacter($0) } ?? page.count
          let start = page[..<place].lastIndex { !Self.isCharacter($0) }
          if let start, end < page.count { texts.add(page[(start + 1)..<end]) }
          place = end + 6
        }
      }
      texts.add(open)
      open = []
    }
    return texts
  }

  /// The names in the symbol table of an ELF file.
  private func symbols(of file: Bytes) throws -> Set<String> {
    let table = Int(try #require(file.load(UInt64.self, at: 40)))
    let count = Int(try #require(file.load(UInt16.self, at: 60)))
    var names: Set<String> = []
    for section in (0..<count).map({ table + $0 * 64 })
    where file.load(UInt32.self, at: section + 4) == 2 {
      let link = table + Int(try #require(file.load(UInt32.self, at: section + 40))) * 64
      let strings = Int(try #require(file.load(UInt64.self, at: link + 24)))
      let start = Int(try #require(file.load(UInt64.self, at: section + 24)))
      let size = Int(try #require(file.load(UInt64.self, at: section + 32)))
      for symbol in stride(from: start, to: start + size, by: 24) {
        let name = Int(try #require(file.load(UInt32.self, at: symbol)))
        names.insert(try #require(file.string(at: strings + name)))
      }
    }
    return names
  }

  /// The names that may stay: of symbols, caches and modules.
  private func names(_ fixture: Fixture) throws -> Set<[UInt8]> {
    let vmlinux = try Tool.run(URL(filePath: "/usr/bin/xz"), ["-dc", fixture.inputs[2]])
    let module = try Data(contentsOf: Tool.project.appending(path: fixture.inputs[4]))
    var names = try symbols(of: Bytes(Array(vmlinux.output)))
    names.formUnion(try symbols(of: Bytes(Array(module))))
    for cache in try #require(try report("caches", fixture)["caches"] as? [[String: Any]]) {
      names.formUnion((cache["aliases"] as? [String] ?? []) + [cache["name"] as? String ?? ""])
    }
    return Set(names.union(["leakmod"]).map { Array($0.utf8) })
  }

  /// What a verb says of a fixture, or of another dump in its place.
  private func report(
    _ verb: String, _ fixture: Fixture, of dump: String? = nil
  ) throws -> [String: Any] {
    let inputs = [dump ?? fixture.inputs[0]] + fixture.inputs.dropFirst()
    let outcome = try Tool.run([verb] + inputs + ["--format", "json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
  }

  /// Hands over a fixture as it looks redacted.
  private func withRedacted(_ fixture: Fixture, _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let small = folder.appending(path: "small").path
    let outcome = try Tool.run(["trim"] + fixture.inputs + ["-o", small, "--redact"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    try body(small)
  }

  @Test("no text of six characters or more survives but names", arguments: Fixture.all)
  func texts(fixture: Fixture) throws {
    let names = try names(fixture)
    let whole = try DumpFile.open(path: Tool.project.appending(path: fixture.inputs[0]).path)
    try withRedacted(fixture) { small in
      let redacted = try DumpFile.open(path: small)
      #expect(redacted.format.trim == .redacted)
      for (texts, left) in zip(texts(of: whole).all, texts(of: redacted).all) {
        #expect(texts.count > 10_000)
        let survivors = texts.intersection(left)
        #expect(survivors.count > 1000, "names stay")
        let others = survivors.subtracting(names).map { String(decoding: $0, as: UTF8.self) }
        #expect(others == [])
      }
    }
  }

  @Test("every object has its state, and every leak its name and count", arguments: Fixture.all)
  func reports(fixture: Fixture) throws {
    try withRedacted(fixture) { small in
      let caches = try ["caches", "totals"].map { key in
        try [nil, small].map { dump in
          try JSONSerialization.data(
            withJSONObject: try report("caches", fixture, of: dump)[key] ?? [],
            options: [.sortedKeys, .prettyPrinted])
        }
      }
      for pair in caches { #expect(pair[0] == pair[1]) }
      let findings = try [nil, small].map { try self.findings(fixture, of: $0) }
      #expect(findings[0].count > 3)
      #expect(findings[0] == findings[1])
    }
  }

  /// What `analyze` finds, but for words that are text of the dump.
  private func findings(_ fixture: Fixture, of dump: String?) throws -> [String] {
    let keys = [
      "rule", "certainty", "cache", "type", "count", "bytes", "module", "symbols", "cause",
    ]
    let report = try report("analyze", fixture, of: dump)
    return try #require(report["findings"] as? [[String: Any]]).map { finding in
      let data = try JSONSerialization.data(
        withJSONObject: finding.filter { keys.contains($0.key) }, options: [.sortedKeys])
      return String(decoding: data, as: UTF8.self)
    }
  }
}

import Foundation
import Testing

/// `--patterns` on a real dump, with the example of Documentation/patterns.md.
@Suite("Patterns of one's own, from a file")
struct PatternTests {
  private let fixture = Fixture.all[1]

  /// The blocks of code in the manual.
  private func blocks() throws -> [String] {
    let text = try String(
      contentsOf: Tool.project.appending(path: "Documentation/patterns.md"), encoding: .utf8)
    return text.split(separator: "```").enumerated().filter { !$0.offset.isMultiple(of: 2) }
      .map { String($0.element.drop { $0 != "\n" }.dropFirst()) }
  }

  /// Writes a file for the time of one test.
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path)
  }

  @Test("the example in the manual finds what the manual says")
  func example() throws {
    let blocks = try blocks()
    try #require(blocks.count == 2)
    try withFile(blocks[0]) { file in
      let outcome = try Tool.run(["analyze"] + fixture.inputs + ["--patterns", file])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let title = blocks[1].trimmingCharacters(in: .newlines)
      let line = outcome.text.split(separator: "\n").first { $0.contains(title) }
      #expect(line?.hasSuffix("[definite]") == true, "\(outcome.text)")
      #expect(!outcome.text.contains("forgotten-session finds nothing"))
      let manual = try Tool.run(["rules", "forgotten-session", "--patterns", file])
      #expect(manual.text.contains("at 16: tm_timeout [leakmod]"))
    }
  }

  @Test("a misspelt key was passed over in silence")
  func strangeKey() throws {
    let example = try #require(try blocks().first)
    try withFile(example.replacing("\"fewest\"", with: "\"fewset\"")) { file in
      let outcome = try Tool.run(["rules", "--patterns", file])
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("has the key fewset"), "\(outcome.errors)")
    }
  }

  @Test("a pattern of symbols that the kernel does not have found nothing, in silence")
  func unknownNames() throws {
    let example = try #require(try blocks().first)
    try withFile(
      example.replacing("tm_timeout\",", with: "no_such_symbol\",")
        .replacing("\"fewest\"", with: "\"cache\": \"no-such-cache\", \"fewest\"")
    ) { file in
      let outcome = try Tool.run(["analyze"] + fixture.inputs + ["--patterns", file])
      #expect(outcome.status == 0)
      for name in ["cache no-such-cache", "symbol no_such_symbol"] {
        #expect(outcome.text.contains("finds nothing: no \(name) is known in this kernel"))
      }
    }
  }
}

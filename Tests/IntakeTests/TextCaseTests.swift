import Evidence
import Foundation
import Intake
import Memory
import Testing

@Suite("Saved text as a case") struct TextCaseTests {
  private static let row =
    "ffff890c47c0e800     2048      48835     58464   3654    32k  kmalloc-2048\n"

  /// Writes files into a folder of their own, lets `body` use them, and removes them.
  private func withFiles(_ texts: [String], _ body: ([String]) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var paths: [String] = []
    for (number, text) in texts.enumerated() {
      let file = folder.appending(path: "\(number).txt")
      try Data(text.utf8).write(to: file)
      paths.append(file.path)
    }
    try await body(paths)
  }

  @Test func severalTextsAreOneCase() async throws {
    let texts = [
      "crash 7.2.9\n" + Self.row, "MemTotal: 4096 kB\nMemFree: 1024 kB\nsome words\n",
    ]
    try await withFiles(texts) { paths in
      let (subject, input) = try await Case.open(paths, options: CaseOptions())
      #expect(subject.census.caches.map(\.name) == ["kmalloc-2048"])
      #expect(subject.counters.first??.allocated == 48835)
      #expect(subject.accounts.first?.total == 4096 << 10)
      #expect(input.files.map(\.path) == paths)
      #expect(input.files.first?.format == "text of crash 7.2.9")
      #expect(
        subject.coverage.remarks.contains { $0.hasPrefix("not understood: 1 of 5 lines") })
    }
  }

  @Test func theLinesThatWereNotUnderstoodCanBeListed() async throws {
    try await withFiles(["what is this\n\n" + Self.row + "and\u{7} this\n"]) { paths in
      var lines: [String] = []
      try Case.unreadLines(paths) { lines.append("\($1) \($2)") }
      #expect(lines == ["1 what is this", "4 and this"])
    }
  }

  @Test func aTextAndSomethingElseAreNoCase() async throws {
    try await withFiles([Self.row, "\u{0}\u{1}\u{2}\u{3}"]) { paths in
      await #expect(throws: IntakeFailure.self) {
        try await Case.open(paths, options: CaseOptions())
      }
    }
  }

  @Test func questionsAreForText() async throws {
    try await withFiles([Self.row]) { paths in
      let commands = try Case.questions(paths, options: CaseOptions())
      #expect(commands.contains("\nkmem -S kmalloc-2048\n"))
    }
  }
}

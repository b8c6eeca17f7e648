import Foundation
import Testing

/// Inputs that cannot be used: one sentence on stderr, the exit status, and nothing on stdout.
@Suite("Wrong or missing input")
struct FailureTests {
  private func refused(
    _ arguments: [String], status: Int32, saying words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try Tool.run(arguments)
    #expect(outcome.status == status, sourceLocation: sourceLocation)
    #expect(outcome.text == "", sourceLocation: sourceLocation)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.hasPrefix("slabscope: "), sourceLocation: sourceLocation)
    for word in words {
      #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  /// Writes a file for the time of one test.
  private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path)
  }

  private let vmcore = Fixture.all[0].folder + "/vmcore"

  @Test("no such file")
  func missing() throws { try refused(["no-such-vmcore"], status: 66, saying: ["no-such-vmcore"]) }

  @Test("a directory")
  func directory() throws {
    try refused(["Sources"], status: 65, saying: ["Sources", "directory"])
  }

  @Test("an empty file")
  func empty() throws {
    try withFile([]) { try refused([$0], status: 65, saying: ["empty"]) }
  }

  @Test("a text that is no session")
  func text() throws { try refused(["LICENSE"], status: 65, saying: ["LICENSE"]) }

  @Test("formats that are known by name only")
  func foreign() throws {
    // LKCD's magic number, and the one of a compressed file.
    try withFile(
      [0xed, 0x23, 0x8f, 0x61, 0x73, 0x01, 0x19, 0xa8] + Array(repeating: 0, count: 8192)
    ) {
      try refused([$0], status: 65, saying: ["LKCD"])
    }
    try withFile([0x1f, 0x8b, 8, 0] + Array(repeating: 0, count: 8192)) {
      try refused([$0], status: 65, saying: ["gzip"])
    }
  }

  @Test("a dump on standard input was no such file")
  func pipe() throws {
    let dump = try Data(contentsOf: Tool.project.appending(path: vmcore))
    for (input, words) in [(dump, "save a dump to a file"), (Data(), "is no text")] {
      for verb in ["analyze", "info", "caches"] {
        let outcome = try Tool.run([verb, "-"], input: input)
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
      }
    }
    try refused(["/dev/null"], status: 65, saying: ["/dev/null", "a pipe or a device"])
  }

  @Test("no vmlinux where one is looked for")
  func noVmlinux() throws {
    try refused([vmcore], status: 65, saying: ["6.1", "--vmlinux"])
  }

  @Test("a vmlinux that is none")
  func wrongVmlinux() throws {
    try refused([vmcore, "--vmlinux", "LICENSE"], status: 65, saying: ["LICENSE", "ELF"])
    try refused([vmcore, "--vmlinux", "no-such"], status: 66, saying: ["no-such"])
  }

  @Test("a module in the place of vmlinux was said to be another kernel's")
  func moduleAsVmlinux() throws {
    try refused(
      [vmcore, "--vmlinux", Fixture.all[0].folder + "/leakmod.ko"], status: 65,
      saying: ["leakmod.ko", "--modules"])
  }

  @Test("a dump without slabs ended with 0")
  func noSlabs() throws {
    let fixture = Fixture.all[0]
    let whole = try Data(contentsOf: Tool.project.appending(path: fixture.inputs[0]))
    try withFile(Array(whole.prefix(whole.count / 2))) { half in
      let inputs = [half] + fixture.inputs.dropFirst()
      for verb in [["analyze"], ["caches"], ["objects"], ["groups", "--cache", "dentry"]] {
        try refused(
          verb + inputs, status: 65, saying: [half, "the file ends early: copy it again"])
      }
      #expect(try Tool.run(["info"] + inputs).status == 0)
    }
  }

  @Test("an unknown option")
  func usage() throws {
    let outcome = try Tool.run(["analyze", "--no-such-option", vmcore])
    #expect(outcome.status == 64)
    #expect(outcome.text == "")
    #expect(outcome.errors.contains("--no-such-option"))
  }

  @Test("an output that cannot be written")
  func output() throws {
    try refused(
      ["analyze"] + Fixture.all[0].inputs + ["-o", "/no-such-folder/report"], status: 73,
      saying: ["/no-such-folder/report"])
  }

  @Test("info always works")
  func info() throws {
    let outcome = try Tool.run(["info", vmcore])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("kdump"))
  }
}

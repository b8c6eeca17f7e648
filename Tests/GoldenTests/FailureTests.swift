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

  @Test("a pipe, and a dump from standard input")
  func pipes() throws {
    try refused(["/dev/null"], status: 65, saying: ["/dev/null", "save what it gives to a file"])
    let dump = try Data(contentsOf: Tool.project.appending(path: vmcore))
    let outcome = try Tool.run(["caches", "-"], input: dump)
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("save a dump to a file"), "\(outcome.errors)")
  }

  @Test("an input that is gone while it is read ends with a sentence")
  func lostFile() throws {
    // What the kernel sends when a mapped file was cut; the tool waits for its standard input.
    let outcome = try Tool.run(
      URL(filePath: "/bin/bash"),
      [
        "-c",
        "mkfifo $0 && { sleep 20 > $0 & }; \"$1\" caches - < $0 & sleep 2; kill -BUS $!; wait $!; "
          + "status=$?; rm $0; kill %1; exit $status",
        FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path,
        Tool.binary.path,
      ])
    #expect(outcome.status == 74, "\(outcome.errors)")
    #expect(outcome.errors.contains("cannot be read any more"), "\(outcome.errors)")
  }

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

  @Test("a tolerance was taken for an option, or for a hundred times as much")
  func tolerance() throws {
    for amount in ["-3%", "10", "0.1", "%"] {
      let outcome = try Tool.run(
        ["check", vmcore, "--baseline", vmcore, "--tolerance", amount])
      #expect(outcome.status == 64)
      #expect(
        outcome.errors.contains("'\(amount)' is invalid for '--tolerance"), "\(outcome.errors)")
    }
  }

  @Test("what null or an address behind an object is")
  func addresses() throws {
    let inputs = Fixture.all[1].inputs
    func show(_ address: String) throws -> String {
      try Tool.run(["show"] + inputs + ["--at", address]).text
    }
    #expect(try show("0x0").contains("null, or an offset from it: nothing is mapped there"))
    #expect(try !show("0x0").contains("fixed_percpu_data"))

    // Slots end on a cache line, objects need not.
    let caches = try Tool.run(["caches"] + inputs + ["--format", "json"])
    let document = try JSONSerialization.jsonObject(with: caches.output) as? [String: Any]
    let all = try #require(document?["caches"] as? [[String: Any]])
    let padded = try #require(
      all.first {
        guard let size = $0["object_size"] as? Int, let slot = $0["slot_size"] as? Int,
          let allocated = $0["allocated"] as? Int
        else { return false }
        return size < slot && allocated > 0
      })
    let name = try #require(padded["address"] as? String)
    let size = try #require(padded["object_size"] as? Int)
    let lines = try Tool.run(["objects"] + inputs + ["--cache", name, "--format", "jsonl"])
    let line = try #require(lines.output.split(separator: UInt8(ascii: "\n")).first)
    let object = try #require(
      try JSONSerialization.jsonObject(with: line) as? [String: Any])
    let digits = try #require(object["address"] as? String).dropFirst(2)
    let address = try #require(UInt64(digits, radix: 16))
    let text = try show(String(address + UInt64(size), radix: 16))
    #expect(text.contains("0x0 bytes behind the end of an object"), "\(text)")
    #expect(text.contains("in the padding of its slot"))
  }

  @Test("modules that fit nothing were passed over in silence")
  func modules() throws {
    let fixture = Fixture.all[0]
    let inputs = Array(fixture.inputs[..<3])
    func notes(_ path: String) throws -> String {
      try Tool.run(["info"] + inputs + ["--modules", path]).text
    }
    #expect(try notes(fixture.folder + "/leakmod.ko").contains("files of 1: \(fixture.folder)"))
    #expect(try notes("Sources").contains("note: Sources: no module file is in it"))
    #expect(
      try notes(Fixture.all[1].folder).contains("leakmod.ko: for x86_64, but the dump is of arm64"))
    let other = FileManager.default.temporaryDirectory.appending(path: "other-\(UUID()).ko")
    try FileManager.default.copyItem(
      at: Tool.project.appending(path: fixture.folder + "/leakmod.ko"), to: other)
    defer { try? FileManager.default.removeItem(at: other) }
    #expect(try notes(other.path).contains("is loaded in the dump"))
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

import Foundation
import Testing

@Suite("Files that are written")
struct OutputTests {
  private let fixture = Fixture.all[1]

  /// A folder for the time of one test.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func refused(
    _ arguments: [String], replacing file: URL, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try Data(contentsOf: file)
    let outcome = try Tool.run(arguments)
    #expect(outcome.status == 64, "\(arguments)", sourceLocation: sourceLocation)
    #expect(
      outcome.errors.contains("name another file to write"), "\(outcome.errors)",
      sourceLocation: sourceLocation)
    #expect(try Data(contentsOf: file) == before, sourceLocation: sourceLocation)
  }

  @Test("-o replaced the dump that was analysed, by whatever name")
  func dump() throws {
    try withFolder { folder in
      let dump = folder.appending(path: "vmcore")
      try FileManager.default.copyItem(
        at: Tool.project.appending(path: fixture.inputs[0]), to: dump)
      let inputs = [dump.path] + fixture.inputs.dropFirst()
      let others = folder.appending(path: "others")
      try FileManager.default.createDirectory(at: others, withIntermediateDirectories: true)
      let link = others.appending(path: "link")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: dump)
      let twin = others.appending(path: "twin")
      try FileManager.default.linkItem(at: dump, to: twin)
      for path in [dump.path, link.path, twin.path, folder.path + "/others/../vmcore"] {
        try refused(["analyze"] + inputs + ["-o", path], replacing: dump)
      }
      for verb in [
        ["caches"], ["groups", "--cache", "dentry"], ["objects"], ["show", "--at", "0"], ["memory"],
        ["info"], ["trim"], ["check", "--baseline", dump.path],
      ] {
        try refused(verb + inputs + ["-o", dump.path], replacing: dump)
      }
    }
  }

  @Test("-o replaced what was read beside the dump: baselines, patterns, modules, text")
  func others() throws {
    try withFolder { folder in
      let file = folder.appending(path: "leakmod.ko")
      try Data("{}".utf8).write(to: file)
      let path = file.path
      let dump = Array(fixture.inputs[..<3])
      try refused(["info", fixture.inputs[0], "--vmlinux", path, "-o", path], replacing: file)
      try refused(["info"] + dump + ["--modules", path, "-o", path], replacing: file)
      try refused(["info"] + dump + ["--modules", folder.path, "-o", path], replacing: file)
      try refused(["check"] + dump + ["--baseline", path, "-o", path], replacing: file)
      let baseline = ["--baseline", fixture.inputs[0]]
      try refused(
        ["check"] + dump + baseline + ["--suppressions", path, "-o", path], replacing: file)
      try refused(["analyze"] + dump + ["--patterns", path, "-o", path], replacing: file)
      try refused(["rules", "--patterns", path, "-o", path], replacing: file)
      try refused(["ask", path, "-o", path], replacing: file)
      try refused(["info", path, "--unparsed", "-o", path], replacing: file)
    }
  }

  @Test("a signal left unfinished files behind", arguments: [SIGINT, SIGTERM, SIGHUP])
  func signals(signal: Int32) throws {
    try withFolder { folder in
      let process = Process()
      process.executableURL = Tool.binary
      process.arguments = ["info", "-", "-o", folder.appending(path: "report").path]
      // What it waits for never comes: it cannot finish before the signal does.
      let input = Pipe()
      process.standardInput = input
      try process.run()
      func there() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
      }
      while process.isRunning, try there().isEmpty { usleep(1000) }
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      // Where whoever runs the tests blocks the signal, it ends by exit status.
      #expect([signal, 128 + signal].contains(process.terminationStatus))
      #expect(try there() == [])
      try input.fileHandleForWriting.close()
    }
  }
}

import Foundation
import Memory

/// The programs and dumps that pages are compared with and of, as `scripts/lab/pages` names them in
/// the environment.
struct PageOracle {
  /// The variable that asks for the comparison: the program that rewrites dumps with libkdumpfile.
  private static let variable = "PAGE_ORACLE"

  static var isWanted: Bool { ProcessInfo.processInfo.environment[variable] != nil }

  /// The fixtures, and the dumps that `PAGE_ORACLE_DUMPS` names, with colons between them.
  static var dumps: [String] {
    guard isWanted else { return [] }
    let project = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let fixtures = ["amd64-6.1-slub", "arm64-6.1-slab"].map {
      project.appending(path: "Fixtures/dumps/\($0)/vmcore").path
    }
    let named = ProcessInfo.processInfo.environment["PAGE_ORACLE_DUMPS"] ?? ""
    return fixtures + named.split(separator: ":").map(String.init)
  }

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pages-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func finish() { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// Rewrites dumps, or the parts of one, as an ELF core of the pages that libkdumpfile reads.
  func rewrite(_ dumps: [String], blockSize: PageSize, to name: String) throws -> String {
    let program = ProcessInfo.processInfo.environment[Self.variable] ?? ""
    try run([program, "\(blockSize.bytes)", path(name)] + dumps)
    return path(name)
  }

  /// The makedumpfile that reads dumps of a machine; nil when there is none.
  static func makedumpfile(for machine: Machine?) -> String? {
    let environment = ProcessInfo.processInfo.environment
    #if arch(x86_64)
      let native = Machine.x86_64
    #else
      let native = Machine.arm64
    #endif
    return switch machine {
    case native: environment["MAKEDUMPFILE"] ?? "makedumpfile"
    case .arm64: environment["MAKEDUMPFILE_ARM64"]
    case .x86_64, nil: nil
    }
  }

  /// Runs a program, from one file to another where they are named.
  func run(_ command: [String], input: String? = nil, output: String? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = folder
    if let input { process.standardInput = try FileHandle(forReadingFrom: URL(filePath: input)) }
    try Data().write(to: URL(filePath: output ?? path("log")))
    process.standardOutput = try FileHandle(
      forWritingTo: URL(filePath: output ?? path("log")))
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failed(command: command.joined(separator: " "))
    }
  }

  struct Failed: Error { let command: String }
}

/// A way in which makedumpfile rewrites a dump.
struct DumpForm {
  /// How many files it makes of the dump.
  enum Files { case one, stream, parts }

  let options: [String]
  let level: Int
  var files = Files.one

  var name: String { (options + ["-d \(level)"]).joined(separator: " ") }

  /// A stream is written flattened, and parts are cut at every 256 pages that are dumped.
  static let all: [DumpForm] =
    ["-c", "-l", "-p", "-z", "-E"].flatMap { codec in
      [0, 1, 31].map { DumpForm(options: [codec], level: $0) }
    } + [1, 31].map { DumpForm(options: [], level: $0) }
    + [DumpForm(options: ["-c", "--num-threads", "2"], level: 31)]
    + ["-c", "-l", "-E"].map { DumpForm(options: ["-F", $0], level: 31, files: .stream) }
    + [1, 31].map {
      DumpForm(options: ["--split", "--splitblock-size", "1024", "-c"], level: $0, files: .parts)
    }

  /// Rewrites a dump in this way; returns the files.
  func write(_ dump: String, with makedumpfile: String, _ oracle: PageOracle) throws -> [String] {
    let command = [makedumpfile] + options + ["-d", "\(level)", dump]
    switch files {
    case .one:
      try oracle.run(
        [makedumpfile, "-f"] + options + ["-d", "\(level)", dump, oracle.path("form")])
      return [oracle.path("form")]
    case .stream:
      try oracle.run(command, output: oracle.path("stream"))
      return [oracle.path("stream")]
    case .parts:
      let parts = ["a", "b", "c"].map { oracle.path($0) }
      for part in parts { try? FileManager.default.removeItem(atPath: part) }
      try oracle.run(command + parts)
      return [parts[2], parts[0], parts[1]]
    }
  }
}

import Foundation

/// The built tool, run as a user runs it.
struct Tool {
  /// What a run left behind.
  struct Outcome {
    var status: Int32
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// The folder that holds Package.swift.
  static let project = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The release binary, or what the environment variable SLABSCOPE names.
  static var binary: URL {
    ProcessInfo.processInfo.environment["SLABSCOPE"].map { URL(fileURLWithPath: $0) }
      ?? project.appending(path: ".build/release/slabscope")
  }

  /// Runs the tool in the project's folder.
  static func run(_ arguments: [String], input: Data? = nil) throws -> Outcome {
    try run(binary, arguments, input: input)
  }

  /// Runs a program in the project's folder.
  static func run(_ program: URL, _ arguments: [String], input: Data? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = project
    process.environment = ProcessInfo.processInfo.environment.merging(["NO_COLOR": "1"]) { $1 }
    // Files, not pipes: a pipe that nobody reads while the other fills would block the tool.
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["in", "out", "err"].map { folder.appending(path: $0) }
    try (input ?? Data()).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: try Data(contentsOf: files[1]),
      errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
  }
}

/// A dump of Fixtures/dumps with what belongs to it.
struct Fixture: CustomStringConvertible {
  let name: String
  /// The cache that holds the lost seq_operations.
  let leakingCache: String

  static let all = [
    Fixture(name: "arm64-6.1-slab", leakingCache: "kmalloc-128"),
    Fixture(name: "amd64-6.1-slub", leakingCache: "kmalloc-cg-32"),
  ]

  var folder: String { "Fixtures/dumps/\(name)" }
  var description: String { name }

  /// The arguments that name the dump, its vmlinux and its module.
  var inputs: [String] {
    [
      "\(folder)/vmcore", "--vmlinux", "\(folder)/vmlinux.debug.xz", "--modules",
      "\(folder)/leakmod.ko",
    ]
  }
}

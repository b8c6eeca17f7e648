import Foundation
import Testing

/// A folder of files that a test compiles, gone when the test is.
final class Workshop {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("slabscope-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Writes a file, with the folders it lies in.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let file = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// Runs a program in the folder, and returns what it printed; throws when it fails.
  @discardableResult
  func run(_ command: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = folder
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(command: command.joined(separator: " "))
    }
    return String(decoding: data, as: UTF8.self)
  }

  struct Failed: Error { let command: String }
}

/// A way to compile C, for both compilers that build kernels and both versions of DWARF in use.
struct Compilation: CustomTestStringConvertible, Sendable {
  let compiler: String
  let flags: [String]

  static let all = [
    Compilation(compiler: "gcc", flags: ["-gdwarf-4"]),
    Compilation(compiler: "gcc", flags: ["-gdwarf-5"]),
    Compilation(compiler: "gcc", flags: ["-gdwarf-4", "-fdebug-types-section"]),
    Compilation(compiler: "clang", flags: ["-gdwarf-4"]),
    Compilation(compiler: "clang", flags: ["-gdwarf-5"]),
  ]

  /// Those for modules: libdw reads one section of type units, and a file that is not linked yet has
  /// one for each type.
  static let modules = all.filter { !$0.flags.contains("-fdebug-types-section") }

  var testDescription: String { ([compiler] + flags).joined(separator: " ") }

  /// Links C files to where an arm64 kernel lies, and returns the path of the result.
  ///
  /// Without a linker script a shared library is what can be linked to such an address on every
  /// machine.
  func kernel(_ sources: [String], in workshop: Workshop, named name: String) throws -> String {
    var command = [compiler, "-O1", "-shared", "-fPIC", "-nostdlib", "-o", name]
    command += ["-Wl,-Ttext-segment=0xffff800010000000", "-Wl,--build-id=sha1"]
    try workshop.run(command + flags + sources)
    return workshop.path(name)
  }
}

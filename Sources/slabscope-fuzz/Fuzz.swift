import ByteKit
import CFuzzer
import Dispatch
import Foundation
import FuzzTargets

/// Feeds the targets: `slabscope-fuzz TARGET FILE …` runs each file once.
///
/// `slabscope-fuzz targets` lists the targets; `slabscope-fuzz seeds TARGET FOLDER` writes a
/// target's seeds. Built with `--sanitize fuzzer` it has libFuzzer's main, which takes libFuzzer's
/// arguments behind the target.
@main
struct Fuzz {
  private static let arguments = Array(CommandLine.arguments.dropFirst())
  private static let target = FuzzTargets.all.first { $0.name == arguments.first }

  static func main() async throws {
    start()
    for path in arguments.dropFirst() { await target?.run(try Bytes.mapped(path: path)) }
  }

  /// Does what is no fuzzing, and ends the process then or when there is no such target.
  static func start() {
    switch arguments.first {
    case "targets":
      print(FuzzTargets.all.map(\.name).joined(separator: "\n"))
      exit(0)
    case "seeds":
      do {
        try writeSeeds()
        exit(0)
      } catch {
        end("\(error)")
      }
    default:
      if target == nil { end("there is no such target") }
    }
  }

  /// Runs the input that libFuzzer has at hand, and returns when all threads are done with it.
  static func runInput() {
    let input = Bytes((0..<fuzzer_input_count()).map { fuzzer_input_byte($0) })
    let isDone = DispatchSemaphore(value: 0)
    Task.detached {
      await target?.run(input)
      isDone.signal()
    }
    isDone.wait()
  }

  private static func writeSeeds() throws {
    guard arguments.count == 3,
      let target = FuzzTargets.all.first(where: { $0.name == arguments[1] })
    else { end("name a target and a folder") }
    let folder = URL(filePath: arguments[2], directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (number, seed) in try target.seeds().enumerated() {
      try Data(seed).write(to: folder.appending(path: "seed-\(number)"))
    }
  }

  private static func end(_ complaint: String) -> Never {
    try? FileHandle.standardError.write(contentsOf: Data("slabscope-fuzz: \(complaint)\n".utf8))
    exit(64)
  }
}

/// What C calls before anything else.
@_cdecl("slabscope_fuzz_start")
func startFuzzing() { Fuzz.start() }

/// What C calls for each input.
@_cdecl("slabscope_fuzz_input")
func fuzzInput() { Fuzz.runInput() }

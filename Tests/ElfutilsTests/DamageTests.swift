import DebugInfo
import Elfutils
import Foundation
import Memory
import Testing

@Suite("Damaged files")
struct DamageTests {
  /// A generator that gives the same numbers for the same seed.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 33
    }
  }

  /// Asks for everything that a file may tell.
  private static func readAll(_ path: String) {
    guard let kernel = try? OpenedKernel(path) else { return }
    for index in 0..<kernel.symbols.count {
      let symbol = kernel.symbols[index]
      guard let unit = kernel.types.unit(defining: symbol.address) else { continue }
      for id in unit.types.shapes.indices {
        _ = unit.types.size(of: TypeID(rawValue: Int32(id)))
      }
      _ = kernel.types.sourceLine(of: symbol.address)
      for member in ["name", "low", "x", "nothing"] {
        _ = unit.types.structure(named: "cache")?.member(member)
      }
    }
    _ = kernel.types.structure("cache", near: ["seq_open"])
    _ = kernel.types.structure("squeezed", near: [])
    _ = kernel.types.structure("nothing", near: [])
  }

  @Test(
    "Changed bytes in debug information neither trap nor hang", .timeLimit(.minutes(2)),
    arguments: Compilation.all)
  func changedBytes(_ compilation: Compilation) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = Seeded(state: seed)
    let workshop = try Workshop()
    try workshop.write(Samples.types, to: "types.h")
    try workshop.write(Samples.code, to: "kernel.c")
    let path = try compilation.kernel(["kernel.c"], in: workshop, named: "vmlinux")
    let sound = try Data(contentsOf: URL(fileURLWithPath: path))
    let ranges = try Self.debugSections(of: path, in: workshop)
    #expect(!ranges.isEmpty)
    let damaged = workshop.path("damaged")
    for _ in 0..<60 {
      var data = sound
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let range = ranges[Int.random(in: 0..<ranges.count, using: &random)]
        data[Int.random(in: range, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try data.write(to: URL(fileURLWithPath: damaged))
      Self.readAll(damaged)
    }
  }

  @Test("A file that ends anywhere is refused or read as far as it goes")
  func truncated() throws {
    let workshop = try Workshop()
    try workshop.write(Samples.types, to: "types.h")
    try workshop.write(Samples.code, to: "kernel.c")
    let path = try Compilation.all[1].kernel(["kernel.c"], in: workshop, named: "vmlinux")
    let sound = try Data(contentsOf: URL(fileURLWithPath: path))
    for part in 0..<40 {
      let end = sound.count * part / 40
      try sound.prefix(end).write(to: workshop.folder.appendingPathComponent("part"))
      Self.readAll(workshop.path("part"))
    }
  }

  /// Where the sections with debug information lie in a file.
  private static func debugSections(
    of path: String, in workshop: Workshop
  ) throws -> [Range<Int>] {
    try workshop.run(["readelf", "-SW", path]).split(separator: "\n").compactMap { line in
      let words = line.split { $0 == " " || $0 == "[" || $0 == "]" }
      // [Nr] Name Type Address Off Size …
      guard words.count > 5, words[1].hasPrefix(".debug_"), let start = Int(words[4], radix: 16),
        let size = Int(words[5], radix: 16), size > 0
      else { return nil }
      return start..<(start + size)
    }
  }
}

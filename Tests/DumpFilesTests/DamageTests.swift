import ByteKit
import Codecs
import DumpFiles
import FixtureKit
import Memory
import Testing

/// Damage of every kind to dumps of every format: nothing may trap, and nothing may be invented.
@Suite struct DamageTests {
  enum Format: CaseIterable {
    case elf, kdump, flattenedKdump, flattenedELF

    func file(_ image: PhysicalImage) throws -> [UInt8] {
      let notes = [
        CoreNote.cpu(.x86_64, pid: 1, registers: [1, 2, 3]),
        .vmcoreinfo(VMCoreInfoBuilder(release: "6.1").text + "SYMBOL(a)=1\n"),
      ]
      switch self {
      case .elf:
        var builder = ELFCoreBuilder(memory: image)
        builder.notes = notes
        return builder.bytes
      case .kdump:
        var builder = KdumpBuilder(memory: image)
        builder.notes = notes
        builder.codecs[PageFrame(3)] = .lzo
        builder.codecs[PageFrame(4)] = .zstd
        return try builder.bytes()
      case .flattenedKdump: return try FlattenedWriter(Self.kdump.file(image)).bytes
      case .flattenedELF: return try FlattenedWriter(Self.elf.file(image)).bytes
      }
    }
  }

  let image = KdumpTests.image()

  /// Reads what there is; every page must be a page, and be absent for the reason told before.
  func read(_ file: Bytes) -> (dump: DumpFile, pages: Int)? {
    guard let dump = try? DumpFile.open(bytes: file) else { return nil }
    var pages = 0
    for range in dump.memory.frames.prefix(100) {
      for number in range.lowerBound.rawValue..<range.upperBound.rawValue {
        guard number - range.lowerBound.rawValue < 100 else { break }
        let told = dump.memory.absence(of: PageFrame(number))
        do throws(Absence) {
          let page = try dump.memory.page(PageFrame(number))
          #expect(page.count == dump.memory.pageSize.bytes && told == nil)
          pages += 1
        } catch {
          #expect(told == error || error == .corrupt(.contents) && told == nil)
        }
      }
    }
    return (dump, pages)
  }

  @Test(arguments: Format.allCases) func aFileCutAnywhereGivesOnlyTruePages(
    format: Format
  ) throws {
    let file = Bytes(try format.file(image))
    // Every byte of the headers, then every 97th.
    let cuts = Array(0..<700) + stride(from: 700, to: file.count, by: 97)
    for cut in cuts {
      let part = try #require(file.slice(0..<cut))
      guard let dump = try? DumpFile.open(bytes: part) else { continue }
      for range in image.frames {
        for number in range.lowerBound.rawValue..<range.upperBound.rawValue {
          guard let page = try? dump.memory.page(PageFrame(number)) else { continue }
          let isTrue = page == (try image.page(PageFrame(number)))
          #expect(isTrue, "cut at \(cut), page frame \(number)")
        }
      }
    }
  }

  @Test(arguments: Format.allCases, UInt64(1)...5) func flippedBitsDoNoHarm(
    format: Format, seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let file = try format.file(image)
    // Nearly all of the structures are in the first pages of each format.
    let reach = min(file.count, 6 * 4096)
    for _ in 0..<150 {
      var damaged = file
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        damaged[Int.random(in: 0..<reach, using: &random)] ^=
          1
          << UInt8.random(
            in: 0..<8, using: &random)
      }
      _ = read(Bytes(damaged))
    }
  }

  @Test(arguments: Format.allCases, UInt64(1)...5) func randomHeaderFieldsDoNoHarm(
    format: Format, seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let file = Bytes(try format.file(image))
    let starts = [0, 4096, 4112, 4096 + 16 + 4096]
    let extremes = [0, 1, UInt64.max, 1 << 63, 1 << 60, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_F000]
    for start in starts {
      for _ in 0..<60 {
        let offset = start + Int.random(in: 8..<600, using: &random)
        let value = extremes.randomElement(using: &random) ?? 0
        guard offset + 8 <= file.count else { continue }
        _ = read(file.with(value, at: offset))
      }
    }
  }

  @Test(arguments: UInt64(1)...3) func randomBytesBehindAMagicAreRefusedOrRead(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for magic in ["\u{7F}ELF\u{2}\u{1}\u{1}", "KDUMP   \u{6}\0\0\0", "makedumpfile"] {
      for _ in 0..<50 {
        _ = read(Bytes(Array(magic.utf8) + random.bytes(9000)))
      }
    }
  }
}

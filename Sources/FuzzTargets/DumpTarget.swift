public import ByteKit
internal import Codecs
internal import DumpFiles
internal import FixtureKit
internal import Memory

/// Files of one of the formats that dumps are stored in.
public struct DumpTarget: FuzzTarget {
  /// What the target is called.
  public let name: String
  private let makeSeeds: @Sendable () throws -> [[UInt8]]

  /// ELF cores: aligned, with a gap, with pages that are not in the file.
  static let elf = DumpTarget(name: "elf") {
    var plain = ELFCoreBuilder(memory: FuzzImage.few)
    plain.notes = FuzzImage.notes
    var odd = plain
    odd.usesExtendedNumbering = true
    odd.gap = 5
    odd.segments.append(.init(address: 0x9000, contents: [1, 2, 3], absent: 9000))
    return [plain.bytes, odd.bytes]
  }

  /// kdump-compressed files: every header, every codec, parts of split dumps.
  static let kdump = DumpTarget(name: "kdump") {
    var first = KdumpBuilder(memory: FuzzImage.few)
    first.notes = FuzzImage.notes
    first.codecs = [PageFrame(3): .lzo, PageFrame(4): .snappy, PageFrame(5): .zstd]
    first.excluded = [PageFrame(6)]
    var part = first
    part.split = PageFrame(2)..<PageFrame(5)
    var old = first
    old.headerVersion = 1
    old.hasTwoBitmaps = false
    old.sharesZeroBlock = true
    return try [first.bytes(), part.bytes(), old.bytes()]
  }

  /// Flattened files: in order, out of order, with records of odd sizes.
  static let flattened = DumpTarget(name: "flattened") {
    var builder = KdumpBuilder(memory: FuzzImage.few)
    builder.notes = FuzzImage.notes
    let kdump = try builder.bytes()
    var shuffled = FlattenedWriter(kdump, recordSize: 1999)
    shuffled.shuffle(seed: 1)
    shuffled.records.append(.init(offset: 424, bytes: [8, 0, 0, 0]))
    return [FlattenedWriter(kdump).bytes, shuffled.bytes]
  }

  /// LiME images.
  static let lime = DumpTarget(name: "lime") { [LiMEBuilder(memory: FuzzImage.few).bytes] }

  init(name: String, makeSeeds: @escaping @Sendable () throws -> [[UInt8]]) {
    self.name = name
    self.makeSeeds = makeSeeds
  }

  /// Small dumps of the format.
  public func seeds() throws -> [[UInt8]] { try makeSeeds() }

  /// Reads the pages, and joins the dump with itself as if it were split.
  public func run(_ input: Bytes) async {
    guard let dump = try? DumpFile.open(bytes: input, rawStart: PhysicalAddress(0x1000)) else {
      return
    }
    _ = dump.format.description
    readPages(of: dump.memory)
    if let joined = try? dump.joined(with: dump) { readPages(of: joined.memory) }
  }

  /// A page must be as long as a page; one that is said to be absent must not be read.
  private func readPages(of memory: any PhysicalMemory) {
    for range in memory.frames.prefix(64) {
      let count = range.upperBound.rawValue - range.lowerBound.rawValue
      for number in range.lowerBound.rawValue..<(range.lowerBound.rawValue + min(count, 64)) {
        let told = memory.absence(of: PageFrame(number))
        do throws(Absence) {
          let page = try memory.page(PageFrame(number))
          precondition(page.count == memory.pageSize.bytes && told == nil)
        } catch {
          precondition(told == error || told == nil && error == .corrupt(.contents))
        }
      }
    }
  }
}

/// The memory in the seeds: as little as shows everything.
enum FuzzImage {
  /// Pages of text, of zeros, one that does not compress, and one far away.
  static let few: PhysicalImage = {
    var random = SeededGenerator(seed: 3)
    var image = PhysicalImage()
    for number in UInt64(2)..<6 {
      image.write(
        Array("kmalloc-128 of page \(number)".utf8), at: PhysicalAddress(number << 12))
    }
    image.add(PageFrame(6)..<PageFrame(8))
    image.write(random.bytes(512), at: PhysicalAddress(8 << 12))
    image.write([1], at: PhysicalAddress(300 << 12))
    return image
  }()

  /// What a kernel and QEMU write into notes.
  static let notes = [
    CoreNote.cpu(.x86_64, pid: 1, registers: [1, 2, 3]),
    .qemuCPU(cr0: 0x8005_0033, cr3: 0x1000, cr4: 0x1000, gsBase: 0),
    .vmcoreinfo(VMCoreInfoBuilder(release: "6.1").text + "SYMBOL(a)=1\n"),
  ]
}

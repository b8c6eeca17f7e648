internal import ByteKit
internal import FixtureKit
internal import KernelImage
internal import Memory

/// Page tables of every shape with wrong entries in them.
struct PageTablesTarget: FuzzTarget {
  var name: String { "page-tables" }

  private struct Sample: Sendable {
    var image: PhysicalImage
    var shape: PageTableShape
  }

  /// Where the first table is; others follow it.
  private static let root = PhysicalAddress(0)

  private static let samples: [Sample] = {
    let modes: [(PagingMode, PageTableShape?)] = [
      (.x86_64(levels: 4), .x86_64(hasFiveLevels: false)),
      (.x86_64(levels: 5), .x86_64(hasFiveLevels: true)),
      (.arm64(.kib4, virtualBits: 39), .arm64(pageSize: .kib4, virtualBits: 39)),
      (.arm64(.kib4, virtualBits: 52), .arm64(pageSize: .kib4, virtualBits: 52)),
      (.arm64(.kib16, virtualBits: 47), .arm64(pageSize: .kib16, virtualBits: 47)),
      (.arm64(.kib64, virtualBits: 48), .arm64(pageSize: .kib64, virtualBits: 48)),
    ]
    return modes.compactMap { mode, shape in
      guard let shape else { return nil }
      var image = PhysicalImage(pageSize: mode.pageSize)
      var tables = PageTableWriter(mode, root: root, in: &image)
      let page = UInt64(mode.pageSize.bytes)
      tables.map(shape.start, to: PhysicalAddress(page), count: Int(page) * 4, in: &image)
      tables.map(VirtualAddress(0 &- page), to: root, count: Int(page), in: &image)
      return Sample(image: image, shape: shape)
    }
  }()

  /// A wrong entry of each kind in tables of each shape.
  func seeds() -> [[UInt8]] {
    Self.samples.indices.flatMap { sample in
      [0x3, 0x63, 0xe3, 0x8000_0000_0000_0163, 0x7ff_ffff_f003].map { entry in
        Overwriting.input([UInt8(sample)], [(0, entry), (2048, entry), (4088, entry &+ 0x1000)])
      }
    }
  }

  /// Translates some addresses, and follows the tables through all addresses.
  func run(_ input: Bytes) async {
    guard let first = input.load(UInt8.self, at: 0) else { return }
    let sample = Self.samples[Int(first) % Self.samples.count]
    var image = sample.image
    let limit = UInt64(sample.shape.pageSize.bytes) * 8
    let damage = Overwriting(input, from: 1, limit: limit)
    for (place, word) in damage.words { image.write(word, at: PhysicalAddress(place)) }
    let tables = PageTables(physical: image, shape: sample.shape, root: Self.root)
    let wild = damage.words.prefix(16).map { VirtualAddress($0.word) }
    for address in wild + [sample.shape.start, VirtualAddress(.max), VirtualAddress(0)] {
      _ = try? tables.translate(address)
    }
    var last = VirtualAddress(0)
    _ = tables.sweep(sample.shape.start..<VirtualAddress(.max)) { map in
      precondition(map.range.lowerBound >= last && !map.range.isEmpty)
      last = map.range.upperBound
    }
  }
}

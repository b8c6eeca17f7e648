import ByteKit
import Codecs
import FixtureKit
import Testing

@Suite struct PageCodecTests {
  /// A page as kernels have them: text, repeated pointers, and bytes that do not compress.
  static func page(_ size: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    let pointers = [UInt8](repeating: 0xFF, count: 8) + Array("seq_operations".utf8)
    var page = Array(repeating: pointers, count: size / 64).flatMap { $0 }
    page += random.bytes(size / 4)
    return page + [UInt8](repeating: 0, count: size - page.count)
  }

  @Test(arguments: PageCodec.allCases, [4096, 16384, 65536])
  func aPageComesBack(codec: PageCodec, size: Int) throws {
    let page = Bytes(Self.page(size))
    let packed = try codec.compress(page)
    #expect(packed.count < size)
    #expect(try codec.decompress(packed, size: size) == page)
  }

  @Test(arguments: PageCodec.allCases)
  func bytesThatDoNotCompressComeBack(codec: PageCodec) throws {
    var random = SeededGenerator(seed: 7)
    let page = Bytes(random.bytes(4096))
    #expect(try codec.decompress(codec.compress(page), size: 4096) == page)
  }

  @Test(arguments: PageCodec.allCases, [0, 4095, 4097])
  func anotherSizeIsRefused(codec: PageCodec, size: Int) throws {
    let packed = try codec.compress(Bytes(Self.page(4096)))
    #expect(throws: CodecFailure.wrongSize) { try codec.decompress(packed, size: size) }
  }

  @Test(arguments: PageCodec.allCases)
  func everyCutIsRefused(codec: PageCodec) throws {
    let packed = try codec.compress(Bytes(Self.page(4096)))
    for count in 0..<packed.count {
      let cut = try #require(packed.slice(0..<count))
      #expect(throws: CodecFailure.self, "cut to \(count)") {
        try codec.decompress(cut, size: 4096)
      }
    }
  }

  @Test(arguments: PageCodec.allCases, UInt64(1)...4)
  func damageGivesAFailureOrAPage(codec: PageCodec, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let packed = try codec.compress(Bytes(Self.page(4096, seed: seed))).array
    for _ in 0..<300 {
      var damaged = packed
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(
          in: 1...255, using: &random)
      }
      if let page = try? codec.decompress(Bytes(damaged), size: 4096) {
        #expect(page.count == 4096)
        #expect(codec != .zlib, "zlib's checksum lets nothing pass")
      }
    }
  }

  @Test func zlibStreamsOfOtherProgramsAreRead() throws {
    // Python: zlib.compress(b"slab" * 4, 9)
    let packed: [UInt8] = [
      0x78, 0xDA, 0x2B, 0xCE, 0x49, 0x4C, 0x2A, 0x46, 0xC2, 0x00, 0x38, 0x10, 0x06, 0x89,
    ]
    let text = Bytes(Array("slabslabslabslab".utf8))
    #expect(try PageCodec.zlib.decompress(Bytes(packed), size: 16) == text)
  }

  @Test func snappyBlocksAsTheFormatDescribesThemAreRead() throws {
    // format_description.txt: length 12, a literal of 4 bytes, a copy of 8 from 4 bytes before.
    let packed: [UInt8] = [12, 3 << 2, 0x73, 0x6C, 0x61, 0x62, (8 - 4) << 2 | 1, 4]
    let text = Bytes(Array("slabslabslab".utf8))
    #expect(try PageCodec.snappy.decompress(Bytes(packed), size: 12) == text)
  }

  @Test func manyThreadsDecompressAtOnce() async throws {
    let pages = (0..<8).map { Bytes(Self.page(4096, seed: UInt64($0))) }
    for codec in PageCodec.allCases {
      let packed = try pages.map { try codec.compress($0) }
      await withTaskGroup(of: Bool.self) { group in
        for index in 0..<64 {
          group.addTask {
            (try? codec.decompress(packed[index % 8], size: 4096)) == pages[index % 8]
          }
        }
        for await isEqual in group { #expect(isEqual) }
      }
    }
  }
}

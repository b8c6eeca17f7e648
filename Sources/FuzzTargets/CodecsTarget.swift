internal import ByteKit
internal import Codecs

/// Compressed pages and compressed files.
struct CodecsTarget: FuzzTarget {
  var name: String { "codecs" }

  private static let pageSize = 4096
  private static let fileLimit = 1 << 20

  /// A page by every codec, behind the codec's number.
  func seeds() throws -> [[UInt8]] {
    let page = (0..<Self.pageSize).map { UInt8(truncatingIfNeeded: $0 / 7 * $0 / 16) }
    return try PageCodec.allCases.indices.map { index in
      [UInt8(index)] + (try PageCodec.allCases[index].compress(Bytes(page)).array)
    }
  }

  /// Decompresses the input as a page, and as a file if it begins like one.
  func run(_ input: Bytes) async {
    guard let first = input.load(UInt8.self, at: 0), let packed = input.slice(1..<input.count)
    else { return }
    let codec = PageCodec.allCases[Int(first) % PageCodec.allCases.count]
    if let page = try? codec.decompress(packed, size: Self.pageSize) {
      precondition(page.count == Self.pageSize)
    }
    guard let codec = FileCodec(magicOf: packed),
      let file = try? codec.decompress(packed, limit: Self.fileLimit)
    else { return }
    precondition(file.bytes.count <= Self.fileLimit)
  }
}

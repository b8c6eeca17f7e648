internal import ByteKit
internal import Codecs

/// A file that was compressed with `zstd`, which libdw of many distributions cannot read.
///
/// Source: RFC 8878, "Zstandard Compression and the 'application/zstd' Media Type".
enum ZstdFile {
  private static let magic: UInt32 = 0xfd2f_b528

  /// No vmlinux has as many bytes; a damaged size must not be allocated.
  private static let largest: UInt64 = 8 << 30

  /// Whether a file begins as such.
  static func begins(_ file: Bytes) -> Bool { file.load(UInt32.self, at: 0) == magic }

  /// What was compressed; nil when the file is damaged or does not tell its size, as the program
  /// always does for a file.
  static func contents(of file: Bytes) -> Bytes? {
    guard let size = contentSize(of: file), size <= largest else { return nil }
    return try? PageCodec.zstd.decompress(file, size: Int(size))
  }

  /// The field Frame_Content_Size of the frame header.
  private static func contentSize(of file: Bytes) -> UInt64? {
    guard let descriptor: UInt8 = file.load(at: 4) else { return nil }
    let isSingleSegment = descriptor & 0x20 != 0
    let dictionarySize = [0, 1, 2, 4][Int(descriptor & 3)]
    let start = 5 + (isSingleSegment ? 0 : 1) + dictionarySize
    switch descriptor >> 6 {
    case 0: return isSingleSegment ? file.load(UInt8.self, at: start).map { UInt64($0) } : nil
    case 1: return file.load(UInt16.self, at: start).map { UInt64($0) + 256 }
    case 2: return file.load(UInt32.self, at: start).map { UInt64($0) }
    default: return file.load(UInt64.self, at: start)
    }
  }
}

public import ByteKit

/// A compression that dumps use for single pages.
public enum PageCodec: Sendable, CaseIterable {
  /// A zlib stream (RFC 1950).
  case zlib
  /// An LZO1X block.
  case lzo
  /// A raw snappy block, without the framing format.
  case snappy
  /// A Zstandard frame (RFC 8878).
  case zstd

  /// The `size` bytes that `input` was made from.
  ///
  /// Never writes more than `size` bytes, whatever the input claims. Throws `CodecFailure` when the
  /// input is damaged or gives more or fewer bytes.
  public func decompress(_ input: Bytes, size: Int) throws(CodecFailure) -> Bytes {
    switch self {
    case .zlib: try Zlib.decompress(input, size: size)
    case .lzo: try LZO.decompress(input, size: size)
    case .snappy: try Snappy.decompress(input, size: size)
    case .zstd: try Zstd.decompress(input, size: size)
    }
  }

  /// The compressed form of `input`, at the level that makedumpfile uses.
  ///
  /// Throws `CodecFailure.outOfMemory` when the codec finds no memory.
  public func compress(_ input: Bytes) throws(CodecFailure) -> Bytes {
    switch self {
    case .zlib: try Zlib.compress(input)
    case .lzo: try LZO.compress(input)
    case .snappy: try Snappy.compress(input)
    case .zstd: try Zstd.compress(input)
    }
  }

  /// The compressed form of `input` as a Zstandard frame, at a level of 1 to 19.
  ///
  /// Throws `CodecFailure.outOfMemory` when the codec finds no memory.
  public static func compressZstd(_ input: Bytes, level: Int) throws(CodecFailure) -> Bytes {
    try Zstd.compress(input, level: level)
  }
}

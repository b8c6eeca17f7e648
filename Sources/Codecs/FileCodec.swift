public import ByteKit

/// A compression of whole files.
public enum FileCodec: Sendable, CaseIterable {
  /// gzip (RFC 1952), one member or several.
  case gzip
  /// xz, one stream or several.
  case xz
  /// Zstandard frames (RFC 8878).
  case zstd

  /// The codec whose magic number a file begins with, or nil when it has none of these.
  public init?(magicOf file: Bytes) {
    switch (file.load(UInt32.self, at: 0), file.load(UInt16.self, at: 4)) {
    case (let first?, _) where first & 0xffff == 0x8b1f: self = .gzip
    case (0x587a_37fd, 0x005a): self = .xz
    case (0xfd2f_b528, _): self = .zstd
    default: return nil
    }
  }

  /// The contents of a compressed file, as far as they can be had.
  ///
  /// A damaged or shortened file gives what stands before the damage. No more than `limit` bytes
  /// come out, whatever the file claims. Throws `CodecFailure.outOfMemory` when the codec finds no
  /// memory for its working state.
  public func decompress(_ file: Bytes, limit: Int) throws(CodecFailure) -> DecompressedFile {
    switch self {
    case .gzip: try GzipFile.decompress(file, limit: limit)
    case .xz: try XZFile.decompress(file, limit: limit)
    case .zstd: try ZstdFile.decompress(file, limit: limit)
    }
  }
}

/// What came out of a compressed file.
public struct DecompressedFile: Sendable {
  /// How decompression ended.
  public enum End: Hashable, Sendable {
    /// At the end of the file.
    case complete
    /// Where the file is damaged or cut off.
    case damaged
    /// At the limit.
    case limit
  }

  /// The contents.
  public let bytes: Bytes
  /// Whether they are all.
  public let end: End
}

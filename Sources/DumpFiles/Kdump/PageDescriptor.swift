internal import ByteKit
internal import Codecs
internal import Memory

/// Where a block of memory is in a kdump-compressed file: makedumpfile's `page_desc`.
struct PageDescriptor: Sendable {
  /// The size of a descriptor in the file: offset, size, flags, and 8 bytes that nobody uses.
  static let size: UInt64 = 24

  let offset: UInt64
  let size: Int
  /// How the block is compressed; nil when it stands there as it is.
  let codec: PageCodec?

  /// Reads a descriptor; throws why there can be no block behind it.
  init(_ bytes: Bytes, at place: Int = 0, blockSize: PageSize) throws(Absence) {
    let span = bytes.span
    guard let offset = span.load(UInt64.self, at: place),
      let size = span.load(UInt32.self, at: place + 8),
      let flags = span.load(UInt32.self, at: place + 12)
    else { throw .truncated }
    // The descriptor's place was made, but makedumpfile ended before it had something to write.
    guard offset != 0 else { throw .lost }
    codec = try Self.codec(flags)
    guard size > 0, size <= blockSize.bytes, codec != nil || size == blockSize.bytes else {
      throw .corrupt(.size(size))
    }
    self.offset = offset
    self.size = Int(size)
  }

  /// makedumpfile's `DUMP_DH_COMPRESSED_*` (diskdump_mod.h).
  private static func codec(_ flags: UInt32) throws(Absence) -> PageCodec? {
    switch flags {
    case 0: nil
    case 1: .zlib
    case 2: .lzo
    case 4: .snappy
    case 0x20: .zstd
    default: throw .corrupt(.flags(flags))
    }
  }
}

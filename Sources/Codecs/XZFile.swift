internal import ByteKit
internal import CLZMA

/// xz files, through liblzma.
enum XZFile {
  /// As much as `xz -9` needs to decompress, and room to spare.
  private static let memoryLimit: UInt64 = 256 << 20

  /// LZMA_CONCATENATED, whose macro Swift does not see: several streams may follow one another.
  private static let concatenated: UInt32 = 0x08

  static func decompress(_ file: Bytes, limit: Int) throws(CodecFailure) -> DecompressedFile {
    var stream = unsafe lzma_stream()
    guard unsafe lzma_stream_decoder(&stream, memoryLimit, concatenated) == LZMA_OK
    else { throw .outOfMemory }
    defer { unsafe lzma_end(&stream) }
    var output = OutputBlocks(limit: limit)
    let end = unsafe file.withUnsafeBytes { source -> DecompressedFile.End in
      unsafe stream.next_in = source.assumingMemoryBound(to: UInt8.self).baseAddress
      unsafe stream.avail_in = source.count
      while true {
        guard !output.isFull else { return .limit }
        let step = unsafe output.write { block in
          unsafe stream.next_out = block.assumingMemoryBound(to: UInt8.self).baseAddress
          unsafe stream.avail_out = block.count
          let status = unsafe lzma_code(&stream, LZMA_FINISH)
          let count = unsafe block.count - stream.avail_out
          switch status {
          case LZMA_STREAM_END: return (count, .end)
          case LZMA_OK: return (count, count > 0 ? .more : .failure)
          default: return (count, .failure)
          }
        }
        if step != .more { return step == .end ? .complete : .damaged }
      }
    }
    return output.file(end)
  }
}

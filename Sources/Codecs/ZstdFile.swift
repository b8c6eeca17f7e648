internal import ByteKit
internal import CZstd

/// Files of Zstandard frames, through libzstd.
enum ZstdFile {
  static func decompress(_ file: Bytes, limit: Int) throws(CodecFailure) -> DecompressedFile {
    guard let stream = unsafe ZSTD_createDStream() else { throw .outOfMemory }
    defer { unsafe ZSTD_freeDStream(stream) }
    var output = OutputBlocks(limit: limit)
    let end = unsafe file.withUnsafeBytes { source -> DecompressedFile.End in
      var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      while true {
        guard !output.isFull else { return .limit }
        let step = unsafe output.write { block in
          var written = unsafe ZSTD_outBuffer(dst: block.baseAddress, size: block.count, pos: 0)
          let left = unsafe ZSTD_decompressStream(stream, &written, &input)
          let count = unsafe written.pos
          if ZSTD_isError(left) != 0 { return (count, .failure) }
          // A frame has ended; another may follow.
          if left == 0, unsafe input.pos == source.count { return (count, .end) }
          let isStuck = unsafe input.pos == source.count && count < block.count
          return (count, isStuck ? .failure : .more)
        }
        if step != .more { return step == .end ? .complete : .damaged }
      }
    }
    return output.file(end)
  }
}

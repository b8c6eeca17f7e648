internal import ByteKit
internal import CSnappy

/// Raw snappy blocks.
enum Snappy {
  static func decompress(_ input: Bytes, size: Int) throws(CodecFailure) -> Bytes {
    try unsafe input.withUnsafeBytes { (source) throws(CodecFailure) in
      let block = unsafe source.assumingMemoryBound(to: CChar.self)
      var count = 0
      guard unsafe snappy_uncompressed_length(block.baseAddress, block.count, &count) == SNAPPY_OK
      else { throw .corrupt }
      guard count == size else { throw .wrongSize }
      return try unsafe Bytes(capacity: size) { (output) throws(CodecFailure) in
        let status = unsafe snappy_uncompress(
          block.baseAddress, block.count,
          output.assumingMemoryBound(to: CChar.self).baseAddress, &count)
        guard status == SNAPPY_OK else { throw .corrupt }
        return count
      }
    }
  }

  static func compress(_ input: Bytes) throws(CodecFailure) -> Bytes {
    let bound = snappy_max_compressed_length(input.count)
    return try unsafe input.withUnsafeBytes { (source) throws(CodecFailure) in
      try unsafe Bytes(capacity: bound) { (output) throws(CodecFailure) in
        var count = output.count
        let status = unsafe snappy_compress(
          source.assumingMemoryBound(to: CChar.self).baseAddress, source.count,
          output.assumingMemoryBound(to: CChar.self).baseAddress, &count)
        guard status == SNAPPY_OK else { throw .outOfMemory }
        return count
      }
    }
  }
}

internal import ByteKit
internal import CLZO

/// LZO1X blocks.
enum LZO {
  static func decompress(_ input: Bytes, size: Int) throws(CodecFailure) -> Bytes {
    try unsafe Bytes(capacity: size) { (output) throws(CodecFailure) in
      var count = lzo_uint(output.count)
      let status = unsafe input.withUnsafeBytes { source in
        unsafe lzo1x_decompress_safe(
          source.assumingMemoryBound(to: UInt8.self).baseAddress, lzo_uint(source.count),
          output.assumingMemoryBound(to: UInt8.self).baseAddress, &count, nil)
      }
      guard status != LZO_E_OUTPUT_OVERRUN else { throw .wrongSize }
      guard status == LZO_E_OK else { throw .corrupt }
      guard count == lzo_uint(size) else { throw .wrongSize }
      return size
    }
  }

  static func compress(_ input: Bytes) throws(CodecFailure) -> Bytes {
    // LZO1X_1_MEM_COMPRESS: 16384 entries, each the size of a pointer at most.
    let work = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384 * 8, alignment: 16)
    defer { unsafe work.deallocate() }
    // LZO's FAQ gives the largest growth: a sixteenth, and 64 + 3 bytes.
    return try unsafe Bytes(capacity: input.count + input.count / 16 + 67) {
      (output) throws(CodecFailure) in
      var count = lzo_uint(output.count)
      let status = unsafe input.withUnsafeBytes { source in
        unsafe lzo1x_1_compress(
          source.assumingMemoryBound(to: UInt8.self).baseAddress, lzo_uint(source.count),
          output.assumingMemoryBound(to: UInt8.self).baseAddress, &count, work.baseAddress)
      }
      guard status == LZO_E_OK else { throw .outOfMemory }
      return Int(count)
    }
  }
}

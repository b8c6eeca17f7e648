internal import ByteKit
internal import CDeflate

/// zlib streams, through libdeflate.
enum Zlib {
  private static let decompressors = unsafe ContextPool { unsafe libdeflate_alloc_decompressor() }
  private static let compressors = unsafe ContextPool { unsafe libdeflate_alloc_compressor(1) }

  static func decompress(_ input: Bytes, size: Int) throws(CodecFailure) -> Bytes {
    try unsafe decompressors.withContext { (context) throws(CodecFailure) in
      try unsafe Bytes(capacity: size) { (output) throws(CodecFailure) in
        let result = unsafe input.withUnsafeBytes { source in
          // A null place for the actual size asks for exactly the output's size.
          unsafe libdeflate_zlib_decompress(
            context, source.baseAddress, source.count, output.baseAddress, output.count, nil)
        }
        switch result {
        case LIBDEFLATE_SUCCESS: return size
        case LIBDEFLATE_SHORT_OUTPUT, LIBDEFLATE_INSUFFICIENT_SPACE: throw .wrongSize
        default: throw .corrupt
        }
      }
    }
  }

  static func compress(_ input: Bytes) throws(CodecFailure) -> Bytes {
    try unsafe compressors.withContext { (context) throws(CodecFailure) in
      let bound = unsafe libdeflate_zlib_compress_bound(context, input.count)
      return unsafe Bytes(capacity: bound) { output in
        unsafe input.withUnsafeBytes { source in
          unsafe libdeflate_zlib_compress(
            context, source.baseAddress, source.count, output.baseAddress, output.count)
        }
      }
    }
  }
}

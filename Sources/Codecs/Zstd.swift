internal import ByteKit
internal import CZstd

/// Zstandard frames.
enum Zstd {
  private static let decompressors = unsafe ContextPool { unsafe ZSTD_createDCtx() }
  private static let compressors = unsafe ContextPool { unsafe ZSTD_createCCtx() }

  static func decompress(_ input: Bytes, size: Int) throws(CodecFailure) -> Bytes {
    try unsafe decompressors.withContext { (context) throws(CodecFailure) in
      try unsafe Bytes(capacity: size) { (output) throws(CodecFailure) in
        let count = unsafe input.withUnsafeBytes { source in
          unsafe ZSTD_decompressDCtx(
            context, output.baseAddress, output.count, source.baseAddress, source.count)
        }
        if ZSTD_isError(count) != 0 {
          throw ZSTD_getErrorCode(count) == ZSTD_error_dstSize_tooSmall ? .wrongSize : .corrupt
        }
        guard count == size else { throw .wrongSize }
        return count
      }
    }
  }

  static func compress(_ input: Bytes, level: Int = 1) throws(CodecFailure) -> Bytes {
    try unsafe compressors.withContext { (context) throws(CodecFailure) in
      try unsafe Bytes(capacity: ZSTD_compressBound(input.count)) {
        (output) throws(CodecFailure) in
        let count = unsafe input.withUnsafeBytes { source in
          unsafe ZSTD_compressCCtx(
            context, output.baseAddress, output.count, source.baseAddress, source.count,
            Int32(clamping: level))
        }
        // The output is as large as any input needs, so memory is all that can be short.
        guard ZSTD_isError(count) == 0 else { throw .outOfMemory }
        return count
      }
    }
  }
}

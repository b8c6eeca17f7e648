internal import ByteKit
internal import CZlib

/// gzip files, through zlib, which unlike libdeflate gives the part before a damage.
enum GzipFile {
  /// The largest window, and 16 for the gzip format.
  private static let windowBits: Int32 = 15 + 16

  static func decompress(_ file: Bytes, limit: Int) throws(CodecFailure) -> DecompressedFile {
    var stream = unsafe z_stream()
    // inflateInit2 is a macro, which Swift does not see.
    let status = unsafe inflateInit2_(
      &stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw .outOfMemory }
    defer { unsafe inflateEnd(&stream) }
    var output = OutputBlocks(limit: limit)
    var consumed = 0
    let end = unsafe file.withUnsafeBytes { source -> DecompressedFile.End in
      while true {
        guard !output.isFull else { return .limit }
        let step = unsafe output.write { block in
          unsafe inflate(&stream, from: source, &consumed, into: block)
        }
        if step == .failure { return .damaged }
        guard step == .end else { continue }
        // Another member may follow; zeros or rubbish behind the last are left alone, as gzip does.
        guard consumed + 2 <= source.count, unsafe source[consumed] == 0x1f,
          unsafe source[consumed + 1] == 0x8b, unsafe inflateReset(&stream) == Z_OK
        else { return .complete }
      }
    }
    return output.file(end)
  }

  private static func inflate(
    _ stream: inout z_stream, from source: UnsafeRawBufferPointer, _ consumed: inout Int,
    into block: UnsafeMutableRawBufferPointer
  ) -> (count: Int, step: OutputBlocks.Step) {
    let size = min(source.count - consumed, Int(UInt32.max))
    let input = unsafe UnsafeRawBufferPointer(rebasing: source[consumed..<(consumed + size)])
    unsafe stream.next_in = UnsafeMutablePointer(
      mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
    unsafe stream.avail_in = UInt32(size)
    unsafe stream.next_out = block.assumingMemoryBound(to: UInt8.self).baseAddress
    unsafe stream.avail_out = UInt32(block.count)
    let status = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
    consumed += unsafe size - Int(stream.avail_in)
    let count = unsafe block.count - Int(stream.avail_out)
    switch status {
    case Z_STREAM_END: return (count, .end)
    case Z_OK where count > 0: return (count, .more)
    default: return (count, .failure)
    }
  }
}

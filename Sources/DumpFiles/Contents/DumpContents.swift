internal import ByteKit

/// The bytes of a dump at the offsets that its own structures speak of.
struct DumpContents: Sendable {
  private let file: Bytes

  /// The contents of a file that is not flattened.
  init(file: Bytes) {
    self.file = file
  }

  /// Where the last byte ends.
  var end: UInt64 { UInt64(file.count) }

  /// How many bytes are really stored; nothing may claim to be larger than this.
  var storedCount: UInt64 { UInt64(file.count) }

  /// The bytes from `offset` on, shared with the file, or nil when not all of them are there.
  func bytes(at offset: UInt64, count: Int) -> Bytes? {
    guard let start = Int(exactly: offset), count >= 0, start <= file.count,
      count <= file.count - start
    else { return nil }
    return file.slice(start..<(start + count))
  }

  /// The bytes from `offset` on, as many of `count` as come before the end, or none.
  func prefix(at offset: UInt64, count: UInt64) -> Bytes {
    guard offset < end else { return .empty }
    return bytes(at: offset, count: Int(clamping: min(count, end - offset))) ?? .empty
  }

  /// Loads a little-endian integer, or returns nil when it is not all there.
  func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self, at offset: UInt64
  ) -> Value? {
    bytes(at: offset, count: MemoryLayout<Value>.size)?.load(Value.self, at: 0)
  }
}

extension Bytes {
  /// Whether `expected` stands at `offset`.
  func holds(_ expected: [UInt8], at offset: Int = 0) -> Bool {
    guard offset >= 0, offset <= count, let part = slice(offset..<count) else { return false }
    return expected.indices.allSatisfy { part.load(UInt8.self, at: $0) == expected[$0] }
  }
}

/// A read past the end of the bytes at hand.
public struct EndOfBytes: Error, Hashable, Sendable {
  /// Where the read began, in bytes from the start.
  public let offset: Int
  /// How many bytes it wanted.
  public let wanted: Int
}

/// A position in some bytes that moves forward as values are read.
public struct Cursor: Sendable {
  /// The bytes read from.
  public let bytes: Bytes
  /// Where the next read begins.
  public private(set) var offset: Int

  /// Starts reading `bytes` at `offset`.
  public init(_ bytes: Bytes, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The number of bytes not read yet.
  public var remaining: Int { max(0, bytes.count - offset) }

  /// Reads a little-endian integer; throws `EndOfBytes` when fewer bytes than it needs are left.
  public mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self
  ) throws(EndOfBytes) -> Value {
    guard let value = bytes.load(Value.self, at: offset) else {
      throw EndOfBytes(offset: offset, wanted: MemoryLayout<Value>.size)
    }
    offset += MemoryLayout<Value>.size
    return value
  }

  /// Reads `count` bytes without copying them; throws `EndOfBytes` when fewer are left.
  public mutating func read(count: Int) throws(EndOfBytes) -> Bytes {
    guard count >= 0, count <= remaining, let part = bytes.slice(offset..<(offset + count)) else {
      throw EndOfBytes(offset: offset, wanted: count)
    }
    offset += count
    return part
  }

  /// Moves past `count` bytes; throws `EndOfBytes` when fewer are left.
  public mutating func skip(_ count: Int) throws(EndOfBytes) {
    guard count >= 0, count <= remaining else { throw EndOfBytes(offset: offset, wanted: count) }
    offset += count
  }
}

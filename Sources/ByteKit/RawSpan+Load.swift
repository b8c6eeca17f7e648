extension RawSpan {
  /// Loads a little-endian integer at any alignment, or returns nil when it lies outside the span.
  @inlinable public func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self, at offset: Int
  ) -> Value? {
    // Safe: byteCount - size cannot overflow, and a negative offset is refused.
    guard offset >= 0, offset <= byteCount &- MemoryLayout<Value>.size else { return nil }
    return unsafe Value(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
  }
}

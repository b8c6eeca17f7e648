internal import Glibc

/// An immutable run of bytes that keeps its storage alive: a mapped file, a decompressed page, or a
/// part of either.
///
/// Copying a value copies a reference, never the bytes. Every access is checked against `count`.
@safe public struct Bytes: Sendable {
  /// Frees or unmaps the storage when the last view of it goes.
  @usableFromInline let _storage: Storage
  // Safe: the buffer lies inside `_storage`, which is immutable once a `Bytes` refers to it.
  @usableFromInline nonisolated(unsafe) let _buffer: UnsafeRawBufferPointer

  init(storage: Storage, buffer: UnsafeRawBufferPointer) {
    _storage = storage
    unsafe _buffer = buffer
  }

  /// Copies an array.
  public init(_ array: [UInt8]) {
    let storage = Storage(allocating: array.count)
    unsafe storage.buffer.copyBytes(from: array)
    unsafe self.init(storage: storage, buffer: UnsafeRawBufferPointer(storage.buffer))
  }

  /// Allocates `capacity` bytes, lets `fill` write them, and keeps as many as it says it wrote.
  ///
  /// The storage starts as zeros. `fill` must return a count in `0...capacity`.
  public init<Failure: Error>(
    capacity: Int,
    filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    let storage = Storage(allocating: capacity)
    let written = try unsafe fill(storage.buffer)
    precondition(written >= 0 && written <= capacity, "fill wrote outside its buffer")
    unsafe self.init(
      storage: storage, buffer: UnsafeRawBufferPointer(rebasing: storage.buffer[..<written]))
  }

  /// No bytes.
  public static let empty = Bytes([])

  /// A run of `count` zero bytes.
  public static func zeros(_ count: Int) -> Bytes {
    unsafe Bytes(capacity: count) { $0.count }
  }

  /// The number of bytes in view.
  @inlinable public var count: Int { unsafe _buffer.count }

  /// Lends the bytes for the duration of a scan.
  @inlinable public var span: RawSpan {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(_buffer.bytes, borrowing: self) }
  }

  /// Loads a little-endian integer at any alignment, or returns nil when it lies outside the view.
  @inlinable public func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self, at offset: Int
  ) -> Value? {
    // Safe: count - size cannot overflow, and a negative offset is refused.
    guard offset >= 0, offset <= count &- MemoryLayout<Value>.size else { return nil }
    return unsafe Value(littleEndian: _buffer.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// Loads a big-endian integer at any alignment, or returns nil when it lies outside the view.
  @inlinable public func loadBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self, at offset: Int
  ) -> Value? {
    load(Value.self, at: offset)?.byteSwapped
  }

  /// The part of the view in `range`, sharing its storage, or nil when it lies outside.
  @inlinable public func slice(_ range: Range<Int>) -> Bytes? {
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    return unsafe Bytes(
      _storage: _storage, _buffer: UnsafeRawBufferPointer(rebasing: _buffer[range]))
  }

  @usableFromInline init(_storage: Storage, _buffer: UnsafeRawBufferPointer) {
    self._storage = _storage
    unsafe self._buffer = _buffer
  }

  /// The bytes from `offset` up to a NUL, `limit` bytes or the end, decoded as UTF-8.
  ///
  /// Bytes that are not UTF-8 become U+FFFD. Returns nil when `offset` lies outside the view.
  public func string(at offset: Int, limit: Int = .max) -> String? {
    guard offset >= 0, offset <= count else { return nil }
    let end = offset + min(limit, count - offset)
    let part = unsafe UnsafeRawBufferPointer(rebasing: _buffer[offset..<end])
    let text = unsafe part.prefix { $0 != 0 }
    return unsafe String(decoding: text, as: UTF8.self)
  }

  /// A copy of the bytes.
  public var array: [UInt8] { unsafe [UInt8](_buffer) }

  /// Lends the bytes to a C function that wants a pointer.
  @unsafe public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(_buffer)
  }
}

extension Bytes: Equatable {
  /// Compares the bytes, not the storage.
  public static func == (lhs: Bytes, rhs: Bytes) -> Bool {
    guard lhs.count == rhs.count, lhs.count > 0 else { return lhs.count == rhs.count }
    guard let left = unsafe lhs._buffer.baseAddress, let right = unsafe rhs._buffer.baseAddress
    else { return false }
    return unsafe memcmp(left, right, lhs.count) == 0
  }
}

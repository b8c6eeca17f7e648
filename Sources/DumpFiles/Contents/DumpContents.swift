internal import ByteKit

/// The bytes of a dump at the offsets that its own structures speak of.
///
/// That is the file itself, or what the records of a flattened file put together.
struct DumpContents: Sendable {
  private enum Source: Sendable {
    case file(Bytes)
    case records(FlattenedRecords)
  }

  private let source: Source

  /// The contents of a file that is not flattened.
  init(file: Bytes) {
    source = .file(file)
  }

  /// The contents that a flattened file's records put together.
  init(records: FlattenedRecords) {
    source = .records(records)
  }

  /// Where the last byte ends.
  var end: UInt64 {
    switch source {
    case .file(let bytes): UInt64(bytes.count)
    case .records(let records): records.end
    }
  }

  /// How many bytes are really stored; nothing may claim to be larger than this.
  var storedCount: UInt64 {
    switch source {
    case .file(let bytes): UInt64(bytes.count)
    case .records(let records): records.storedCount
    }
  }

  /// The bytes from `offset` on, or nil when not all of them are there.
  ///
  /// They are shared with the file, except where they straddle the records of a flattened file. Up
  /// to `padding` bytes at a time need not have been written into those.
  func bytes(at offset: UInt64, count: Int, padding: Int = 0) -> Bytes? {
    switch source {
    case .file(let bytes):
      guard let start = Int(exactly: offset), count >= 0, start <= bytes.count,
        count <= bytes.count - start
      else { return nil }
      return bytes.slice(start..<(start + count))
    case .records(let records):
      return records.bytes(at: offset, count: count, padding: padding)
    }
  }

  /// Whether `count` bytes from `offset` on are there, told without reading them.
  func holds(_ count: Int, at offset: UInt64) -> Bool {
    let (last, overflow) = offset.addingReportingOverflow(UInt64(max(count, 0)))
    guard !overflow, last <= end else { return false }
    return switch source {
    case .file: true
    case .records(let records): records.cover(offset..<last)
    }
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

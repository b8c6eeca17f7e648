/// Writes any dump as the stream of records that `makedumpfile -F` sends through a pipe.
public struct FlattenedWriter: Sendable {
  /// Bytes and where in the dump they belong.
  public struct Record: Hashable, Sendable {
    /// The offset in the dump.
    public var offset: Int
    /// The bytes there.
    public var bytes: [UInt8]

    /// Describes a record.
    public init(offset: Int, bytes: [UInt8]) {
      self.offset = offset
      self.bytes = bytes
    }
  }

  /// The records, in the order in which they are written.
  public var records: [Record]
  /// Whether the record that marks the end follows; it does not when the writer died.
  public var isComplete = true

  /// Cuts a dump into records of a size.
  public init(_ dump: [UInt8], recordSize: Int = 65536) {
    records = stride(from: 0, to: dump.count, by: recordSize).map { start in
      Record(offset: start, bytes: Array(dump[start..<min(start + recordSize, dump.count)]))
    }
  }

  /// Brings the records into another order.
  public mutating func shuffle(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    records.shuffle(using: &random)
  }

  /// The file, whose numbers are big-endian.
  public var bytes: [UInt8] {
    var file = Array("makedumpfile".utf8)
    file.put(UInt64(1).bigEndian, at: 16)
    file.put(UInt64(1).bigEndian, at: 24)
    file.pad(toMultipleOf: 4096)
    for record in records {
      file.append(word: UInt64(record.offset).bigEndian)
      file.append(word: UInt64(record.bytes.count).bigEndian)
      file += record.bytes
    }
    if isComplete { file += [UInt8](repeating: 0xFF, count: 16) }
    return file
  }
}

internal import ByteKit

/// The records of a flattened file (makedumpfile -F, QEMU's kdump formats) in the order of the
/// offsets that they write to, none overlapping.
struct FlattenedRecords: Sendable {
  /// Bytes that follow each other both in the file and in what the file stands for.
  struct Record: Sendable {
    let offsets: Range<UInt64>
    let fileOffset: Int
  }

  static let magic = Array("makedumpfile\0\0\0\0".utf8)

  /// Whether the file ends, or turns to garbage, before the record that says it is complete.
  let isTruncated: Bool
  /// How many bytes the records hold together.
  let storedCount: UInt64
  private let file: Bytes
  private let records: [Record]

  /// The header is padded to this size; all its numbers are big-endian.
  private static let headerSize = 4096
  private static let recordHeaderSize = 16
  private static let mostPadding: UInt64 = 1 << 20

  /// Reads the records' headers; throws `DumpFailure` when there is not a single record.
  init(file: Bytes) throws(DumpFailure) {
    guard file.count > Self.headerSize + Self.recordHeaderSize else {
      throw .tooShort(
        structure: "first record", needed: UInt64(Self.headerSize + Self.recordHeaderSize + 1),
        size: UInt64(file.count))
    }
    let type = file.loadBigEndian(UInt64.self, at: 16)
    let version = file.loadBigEndian(UInt64.self, at: 24)
    guard type == 1, version == 1 else {
      throw .unsupported(
        variant: "a flattened file of another version", advice: "`makedumpfile -R` may know it")
    }
    var isComplete = false
    let written = Self.records(in: file, isComplete: &isComplete)
    guard !written.isEmpty else {
      throw .damaged(
        structure: "first record", offset: UInt64(Self.headerSize), finding: "it holds nothing")
    }
    self.file = file
    isTruncated = !isComplete
    records = RecordOrder.sorted(written)
    storedCount = records.reduce(0) { $0 + ($1.offsets.upperBound - $1.offsets.lowerBound) }
  }

  /// Where the last byte ends.
  var end: UInt64 { records.last?.offsets.upperBound ?? 0 }

  /// Whether every one of these bytes was written.
  func cover(_ offsets: Range<UInt64>) -> Bool {
    var next = offsets.lowerBound
    var index = index(of: next)
    while next < offsets.upperBound {
      guard index < records.count, records[index].offsets.lowerBound <= next else { return false }
      next = records[index].offsets.upperBound
      index += 1
    }
    return true
  }

  /// The bytes from `offset` on, or nil when not all of them were written.
  ///
  /// Up to `padding` bytes that were not may stand between others or behind them; they are zeros.
  func bytes(at offset: UInt64, count: Int, padding: Int = 0) -> Bytes? {
    // Only a damaged header asks for more than was written, but for padding.
    guard count > 0, UInt64(count) <= storedCount + Self.mostPadding,
      offset <= .max - UInt64(count)
    else { return count == 0 ? .empty : nil }
    let end = offset + UInt64(count)
    let first = index(of: offset)
    guard first < records.count, records[first].offsets.contains(offset) else { return nil }
    if end <= records[first].offsets.upperBound { return part(of: first, offset..<end) }
    return joined(offset..<end, from: first, padding: UInt64(padding))
  }

  private func joined(_ offsets: Range<UInt64>, from first: Int, padding: UInt64) -> Bytes? {
    var joined: [UInt8] = []
    var next = offsets.lowerBound
    func pad(to end: UInt64) -> Bool {
      guard end - next <= padding else { return false }
      joined.append(contentsOf: repeatElement(0, count: Int(end - next)))
      next = end
      return true
    }
    var index = first
    while index < records.count, records[index].offsets.lowerBound < offsets.upperBound {
      let range = records[index].offsets
      guard pad(to: max(next, range.lowerBound)),
        let part = part(of: index, next..<min(offsets.upperBound, range.upperBound))
      else { return nil }
      joined += part.array
      next += UInt64(part.count)
      index += 1
    }
    return pad(to: offsets.upperBound) ? Bytes(joined) : nil
  }

  private func part(of index: Int, _ offsets: Range<UInt64>) -> Bytes? {
    let start =
      records[index].fileOffset + Int(offsets.lowerBound - records[index].offsets.lowerBound)
    return file.slice(start..<(start + Int(offsets.upperBound - offsets.lowerBound)))
  }

  /// The index of the first record that ends behind an offset.
  private func index(of offset: UInt64) -> Int {
    var low = 0
    var high = records.count
    while low < high {
      let middle = (low + high) / 2
      if records[middle].offsets.upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The records as they were written, up to the one that marks the end or the first impossible one.
  private static func records(in file: Bytes, isComplete: inout Bool) -> [Record] {
    var records: [Record] = []
    var position = headerSize
    while let offset = file.loadBigEndian(Int64.self, at: position),
      let size = file.loadBigEndian(Int64.self, at: position + 8)
    {
      if offset == -1 {
        isComplete = true
        break
      }
      position += recordHeaderSize
      guard offset >= 0, size > 0, size <= .max - offset else { break }
      let held = min(size, Int64(file.count - position))
      if held > 0 {
        records.append(
          Record(offsets: UInt64(offset)..<UInt64(offset + held), fileOffset: position))
      }
      guard held == size else { break }
      position += Int(size)
    }
    return records
  }
}

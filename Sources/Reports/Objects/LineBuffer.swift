/// Bytes of lines that are put together one after the other, without a string for each.
struct LineBuffer {
  private(set) var bytes: [UInt8] = []

  private static let digits = Array("0123456789abcdef".utf8)

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func append(_ part: [UInt8]) { bytes.append(contentsOf: part) }

  /// Appends `0x` and sixteen lower-case digits.
  mutating func append(address: UInt64) {
    bytes.append(UInt8(ascii: "0"))
    bytes.append(UInt8(ascii: "x"))
    var shift = 64
    while shift > 0 {
      shift -= 4
      bytes.append(Self.digits[Int(truncatingIfNeeded: address >> UInt64(shift)) & 0xf])
    }
  }

  /// Empties the buffer and keeps its room.
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

extension [UInt8] {
  /// Appends an integer in little-endian order.
  mutating func append<Word: FixedWidthInteger>(word: Word) {
    self += word.littleEndianBytes
  }

  /// Writes an integer in little-endian order over what stands at `offset`.
  mutating func put<Word: FixedWidthInteger>(_ word: Word, at offset: Int) {
    put(word.littleEndianBytes, at: offset)
  }

  /// Writes bytes over what stands at `offset`, growing with zeros as far as needed.
  mutating func put(_ bytes: [UInt8], at offset: Int) {
    let missing = offset + bytes.count - count
    if missing > 0 { append(contentsOf: repeatElement(0, count: missing)) }
    replaceSubrange(offset..<(offset + bytes.count), with: bytes)
  }

  /// Appends zeros up to a multiple of `size`.
  mutating func pad(toMultipleOf size: Int) {
    append(contentsOf: repeatElement(0, count: (size - count % size) % size))
  }
}

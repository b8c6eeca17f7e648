extension [UInt8] {
  /// Appends an integer in little-endian order.
  mutating func append<Word: FixedWidthInteger>(word: Word) {
    for position in 0..<(Word.bitWidth / 8) {
      append(UInt8(truncatingIfNeeded: word >> Word(position * 8)))
    }
  }

  /// Writes an integer in little-endian order over what stands at `offset`.
  mutating func put<Word: FixedWidthInteger>(_ word: Word, at offset: Int) {
    for position in 0..<(Word.bitWidth / 8) {
      self[offset + position] = UInt8(truncatingIfNeeded: word >> Word(position * 8))
    }
  }

  /// Writes bytes over what stands at `offset`.
  mutating func put(_ bytes: [UInt8], at offset: Int) {
    replaceSubrange(offset..<(offset + bytes.count), with: bytes)
  }

  /// Appends zeros up to a multiple of `size`.
  mutating func pad(toMultipleOf size: Int) {
    append(contentsOf: repeatElement(0, count: (size - count % size) % size))
  }
}

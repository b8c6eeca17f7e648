/// Bytes of the kernel's memory that a text shows, gathered as 8-byte words.
public struct ShownWords: Sendable {
  /// The addresses of the words, multiples of 8, in the order of the text.
  private(set) var addresses: [UInt64] = []
  private(set) var values: [UInt64] = []
  /// For each word, a bit for each of its bytes that is known.
  private(set) var masks: [UInt8] = []

  /// The number of times that a word, or part of one, was shown.
  public var count: Int { addresses.count }

  /// Notes an integer of 1, 2, 4 or 8 bytes at an address.
  mutating func append(_ value: UInt64, at address: UInt64, bytes: Int) {
    let offset = address & 7
    if offset == 0, bytes == 8 {
      append(word: address, value, 0xff)
      return
    }
    let mask = UInt8(truncatingIfNeeded: (1 << bytes) - 1)
    let known = bytes == 8 ? value : value & (1 << UInt64(bytes * 8) &- 1)
    append(
      word: address &- offset, known << (offset * 8),
      UInt8(truncatingIfNeeded: UInt64(mask) << offset))
    if Int(offset) + bytes > 8 {
      let carried = 8 - offset
      append(
        word: address &- offset &+ 8, known >> (carried * 8),
        UInt8(truncatingIfNeeded: UInt64(mask) >> carried))
    }
  }

  private mutating func append(word: UInt64, _ value: UInt64, _ mask: UInt8) {
    // Bytes of one word come one behind the other.
    if let last = addresses.last, last == word, masks[masks.count - 1] & mask == 0 {
      values[values.count - 1] |= value
      masks[masks.count - 1] |= mask
      return
    }
    addresses.append(word)
    values.append(value)
    masks.append(mask)
  }
}

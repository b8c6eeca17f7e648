internal import ByteKit
internal import Memory

/// An input read as words to write over a machine's memory.
///
/// What reads memory is reached by one wrong word after the other, not by a file of random bytes.
struct Overwriting {
  /// The words by their place, multiples of 8 below the limit.
  let words: [(place: UInt64, word: UInt64)]

  private static let recordSize = 12

  /// Reads records of a place in 4 bytes and a word in 8, from `offset` on.
  init(_ input: Bytes, from offset: Int, limit: UInt64) {
    words = stride(from: offset, to: max(offset, input.count - 11), by: Self.recordSize)
      .prefix(256)
      .compactMap { start in
        guard let place = input.load(UInt32.self, at: start),
          let word = input.load(UInt64.self, at: start + 4)
        else { return nil }
        return (UInt64(place) % limit & ~7, word)
      }
  }

  /// The words by physical address.
  var byAddress: [PhysicalAddress: UInt64] {
    Dictionary(words.map { (PhysicalAddress($0.place), $0.word) }) { _, last in last }
  }

  /// The bytes of an input that writes these words, behind `head`.
  static func input(_ head: [UInt8], _ words: [(place: UInt32, word: UInt64)]) -> [UInt8] {
    words.reduce(into: head) { bytes, entry in
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: entry.place >> UInt32($0 * 8)) }
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: entry.word >> UInt64($0 * 8)) }
    }
  }
}

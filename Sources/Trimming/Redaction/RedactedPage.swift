/// A page in the course of redaction.
struct RedactedPage {
  /// What it held.
  let old: [UInt8]
  /// What it is to hold.
  private(set) var new: [UInt8]
  /// The bytes that are as they shall be.
  private var isSettled: [Bool]

  /// Starts with what the page holds.
  init(_ bytes: [UInt8]) {
    old = bytes
    new = bytes
    isSettled = [Bool](repeating: false, count: bytes.count)
  }

  /// The number of its words.
  var words: Int { old.count / 8 }

  /// The word with this number, as it was.
  func word(_ number: Int) -> UInt64 { WordReplacement.word(at: number * 8, of: old) }

  /// Whether a byte still is what it was, and need not be.
  func isOpen(_ offset: Int) -> Bool { !isSettled[offset] && new[offset] == old[offset] }

  /// Whether nothing of a part was replaced.
  func isAsItWas(_ range: Range<Int>) -> Bool { new[range] == old[range] }

  /// Writes a byte that may be written again.
  mutating func write(_ byte: UInt8, at offset: Int) { new[offset] = byte }

  /// Writes a word that may be written again.
  mutating func write(_ word: UInt64, at number: Int) {
    for byte in 0..<8 { new[number * 8 + byte] = UInt8(truncatingIfNeeded: word >> (byte * 8)) }
  }

  /// Leaves bytes as they were.
  mutating func keep(_ range: Range<Int>) { settle(Array(old[range]), range) }

  /// Writes bytes for good where nothing was written for good before.
  mutating func settle(_ bytes: [UInt8], _ range: Range<Int>) {
    for (number, offset) in range.enumerated()
    where number < bytes.count && !isSettled[offset] {
      new[offset] = bytes[number]
      isSettled[offset] = true
    }
  }
}

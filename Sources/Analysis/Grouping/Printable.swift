/// Printable ASCII in words of memory.
enum Printable {
  /// Fewer characters than this with a NUL behind them are as likely a number.
  static let shortest = 6

  /// Whether a byte is printable ASCII, a tab or a line feed.
  @inline(__always) static func isPrintable(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7f || byte == 0x09 || byte == 0x0a
  }

  /// The number of printable bytes that a word begins with, and whether a NUL or the word's end
  /// comes behind them.
  @inline(__always) static func prefix(of word: UInt64) -> (count: Int, endsClean: Bool) {
    var rest = word
    for count in 0..<8 {
      let byte = UInt8(truncatingIfNeeded: rest)
      if !isPrintable(byte) { return (count, byte == 0) }
      rest >>= 8
    }
    return (8, true)
  }

  /// The characters of a word that holds text, seven bits each, or nil when it holds none.
  static func payload(of word: UInt64) -> UInt64? {
    let (count, endsClean) = prefix(of: word)
    guard endsClean, count >= shortest else { return nil }
    var packed: UInt64 = 0
    for position in 0..<UInt64(count) {
      packed |= (word >> (position * 8) & 0x7f) << (position * 7)
    }
    return packed
  }

  /// The text that `payload(of:)` packed.
  static func text(_ payload: UInt64) -> String {
    var bytes: [UInt8] = []
    for position in 0..<UInt64(8) {
      let byte = UInt8(payload >> (position * 7) & 0x7f)
      if byte == 0 { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

import ByteKit

/// UTF-16 with a byte order mark, as Windows editors save it.
enum WideText {
  /// Whether a text begins with the byte order mark of UTF-16.
  static func isMarked(_ text: Bytes) -> Bool {
    let mark = text.load(UInt16.self, at: 0)
    return mark == 0xfeff || mark == 0xfffe
  }

  /// The text as UTF-8, or nil when it is not UTF-16.
  static func narrowed(_ text: Bytes) -> Bytes? {
    guard isMarked(text), let mark = text.load(UInt16.self, at: 0) else { return nil }
    var units: [UInt16] = []
    units.reserveCapacity(text.count / 2)
    var offset = 2
    while let unit = text.load(UInt16.self, at: offset) {
      units.append(mark == 0xfeff ? unit : unit.byteSwapped)
      offset += 2
    }
    return Bytes(Array(String(decoding: units, as: UTF16.self).utf8))
  }
}

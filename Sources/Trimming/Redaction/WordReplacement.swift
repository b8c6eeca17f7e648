import Analysis

/// Decides which words are replaced, and by what.
struct WordReplacement: Sendable {
  private let classifier: WordClassifier
  private let key: (UInt64, UInt64)

  /// Printable bytes become these, the first of a word becomes the mark.
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
  private static let mark = UInt8(ascii: "~")
  /// So often is a replacement tried that is of the same kind.
  private static let mostTries: UInt64 = 8

  init(_ classifier: WordClassifier) {
    self.classifier = classifier
    var generator = SystemRandomNumberGenerator()
    key = (generator.next(), generator.next())
  }

  /// Replaces the word at an offset, unless it stays.
  func replace(_ offset: Int, of old: [UInt8], in new: inout [UInt8]) {
    let word = Self.word(at: offset, of: old)
    guard word != 0, !stays(word) else { return }
    let replacement = replacement(of: word)
    for byte in 0..<8 { new[offset + byte] = UInt8(truncatingIfNeeded: replacement >> (byte * 8)) }
  }

  /// What a byte becomes, whatever its word is.
  func replacement(ofByte offset: Int, of old: [UInt8]) -> UInt8 {
    let start = offset / 8 * 8
    let word = replacement(of: Self.word(at: start, of: old))
    return UInt8(truncatingIfNeeded: word >> UInt64((offset - start) * 8))
  }

  /// Whether the word at an offset is an address of the kernel's.
  func isAddress(at offset: Int, of page: [UInt8]) -> Bool {
    switch classifier.kind(of: Self.word(at: offset, of: page)) {
    case .zero, .number, .user, .poison, .errorPointer, .text, .other: false
    case .symbol, .slabPointer, .selfPointer, .pageStruct, .directMap, .vmalloc, .image, .perCPU:
      true
    }
  }

  /// Whether a word is a pointer, a small number or two, or a mark of the kernel's.
  private func stays(_ word: UInt64) -> Bool {
    switch classifier.kind(of: word) {
    case .text: return false
    case .number: return !Self.isText(UInt32(truncatingIfNeeded: word))
    case .other:
      // Two numbers in one word, or one below zero.
      let halves = [UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32)]
      return halves[1] == .max || halves.allSatisfy { $0 < 1 << 20 || $0 >= 0 &- 1 << 20 }
    default: return true
    }
  }

  private static func isText(_ half: UInt32) -> Bool {
    (0..<4).allSatisfy { TextRun.isPrintable(UInt8(truncatingIfNeeded: half >> ($0 * 8))) }
  }

  private func replacement(of word: UInt64) -> UInt64 {
    let kind = classifier.kind(of: word)
    var result = word
    for attempt in 0..<Self.mostTries {
      result = replacement(of: word, attempt)
      if result != word, classifier.kind(of: result) == kind { break }
    }
    return result
  }

  private func replacement(of word: UInt64, _ attempt: UInt64) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(key.0)
    hasher.combine(word)
    hasher.combine(attempt)
    hasher.combine(key.1)
    let random = UInt64(bitPattern: Int64(hasher.finalize()))
    var result: UInt64 = 0
    for position in 0..<UInt64(8) {
      let byte = UInt8(truncatingIfNeeded: word >> (position * 8))
      let value = Int(random >> (position * 8) & 0xff)
      result |= UInt64(Self.replacement(of: byte, position, value)) << (position * 8)
    }
    return result
  }

  private static func replacement(of byte: UInt8, _ position: UInt64, _ random: Int) -> UInt8 {
    if byte == 0 { return 0 }
    if TextRun.isPrintable(byte) {
      return position == 0 ? mark : alphabet[random % alphabet.count]
    }
    // Neither printable nor 0xff, with which addresses begin.
    return UInt8(0x80 + random % 0x7f)
  }

  private static func word(at offset: Int, of page: [UInt8]) -> UInt64 {
    guard offset + 8 <= page.count else { return 0 }
    return (0..<8).reduce(0) { $0 | UInt64(page[offset + $1]) << UInt64($1 * 8) }
  }
}

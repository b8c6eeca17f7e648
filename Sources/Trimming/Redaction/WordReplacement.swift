import Analysis

/// Decides which words are replaced, and by what.
struct WordReplacement: Sendable {
  private let classifier: WordClassifier
  private let hash: KeyedHash

  /// Printable bytes become these, the first of a word becomes the mark.
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
  private static let mark = UInt8(ascii: "~")
  /// So often is a replacement tried that is of the same kind.
  private static let mostTries: UInt64 = 8
  /// Numbers from here on may be a network's addresses or a few characters.
  private static let largestNumber: UInt32 = 1 << 20

  init(_ classifier: WordClassifier, hash: KeyedHash) {
    self.classifier = classifier
    self.hash = hash
  }

  /// What the word at an offset becomes; nil when it stays.
  func replacement(ofWordAt offset: Int, of page: [UInt8]) -> UInt64? {
    let word = Self.word(at: offset, of: page)
    return word == 0 || stays(word) ? nil : replacement(of: word)
  }

  /// What a byte becomes, whatever its word is.
  func replacement(ofByte offset: Int, of page: [UInt8]) -> UInt8 {
    let start = offset / 8 * 8
    let word = replacement(of: Self.word(at: start, of: page))
    return UInt8(truncatingIfNeeded: word >> UInt64((offset - start) * 8))
  }

  /// What a value becomes that has its bytes to itself: text, or other bytes; each is another one.
  func replacement(ofValue value: ArraySlice<UInt8>) -> [UInt8] {
    var numbers = hash.numbers(of: hash.of(value))
    let isText = value.allSatisfy { $0 == 0 || Self.isPrintable($0) }
    return value.map { byte in
      if byte == 0 { return 0 }
      let number = numbers.next() >> 1
      func choice(_ number: UInt64) -> UInt8 {
        isText
          ? Self.alphabet[Int(number % UInt64(Self.alphabet.count))] : UInt8(1 + number % 255)
      }
      return choice(number) == byte ? choice(number + 1) : choice(number)
    }
  }

  /// Whether the word at an offset is an address of the kernel's.
  func isAddress(at offset: Int, of page: [UInt8]) -> Bool {
    Self.isAddress(classifier.kind(of: Self.word(at: offset, of: page)))
  }

  private static func isAddress(_ kind: WordKind) -> Bool {
    switch kind {
    case .zero, .number, .user, .poison, .errorPointer, .text, .other: false
    case .symbol, .slabPointer, .selfPointer, .pageStruct, .directMap, .vmalloc, .image, .perCPU:
      true
    }
  }

  /// Whether a word is rather text than an address: with five levels of page tables a large part of
  /// all numbers is somewhere in the space for `vmalloc`.
  func isRatherText(_ word: UInt64) -> Bool {
    let kind = classifier.kind(of: word)
    guard Self.isAddress(kind), kind != .symbol, kind != .slabPointer else { return false }
    let bytes = (0..<UInt64(8)).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    return !TextRun.all(in: bytes + [0], atLeast: Redactor.shortestText).filter {
      $0.count >= Redactor.shortestText
    }.isEmpty
  }

  /// Whether a word is a pointer, a small number or two, or a mark of the kernel's.
  private func stays(_ word: UInt64) -> Bool {
    if isRatherText(word) { return false }
    switch classifier.kind(of: word) {
    case .text: return false
    case .poison: return Poison.redacted(word) == word
    case .number, .other:
      // A number or two, or one below zero.
      let halves = [UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32)]
      return halves[1] == .max
        || halves.allSatisfy { $0 < Self.largestNumber || $0 >= 0 &- Self.largestNumber }
    default: return true
    }
  }

  private func replacement(of word: UInt64) -> UInt64 {
    let kind = classifier.kind(of: word)
    if kind == .poison { return Poison.redacted(word) }
    var result = word
    for attempt in 0..<Self.mostTries {
      result = replacement(of: word, attempt)
      if result != word, classifier.kind(of: result) == kind { break }
    }
    return result
  }

  /// The end of a text becomes the same whatever lies behind it in its word.
  private func replacement(of word: UInt64, _ attempt: UInt64) -> UInt64 {
    let text = Self.endOfText(word)
    let rest = word & ~text
    let random = (hash.of([text, attempt]), hash.of([rest, attempt, 1]))
    var result: UInt64 = 0
    for position in 0..<UInt64(8) {
      let byte = UInt8(truncatingIfNeeded: word >> (position * 8))
      let isText = text >> (position * 8) & 0xff != 0
      let value = Int((isText ? random.0 : random.1) >> (position * 8) & 0xff)
      result |= UInt64(Self.replacement(of: byte, position, value)) << (position * 8)
    }
    return result
  }

  /// The characters of a word that a NUL comes behind, with zeros in place of all else.
  private static func endOfText(_ word: UInt64) -> UInt64 {
    for position in 0..<UInt64(8) {
      let byte = UInt8(truncatingIfNeeded: word >> (position * 8))
      if byte == 0 { return word & ((1 << (position * 8)) - 1) }
      if !isPrintable(byte) { return 0 }
    }
    return word
  }

  private static func replacement(of byte: UInt8, _ position: UInt64, _ random: Int) -> UInt8 {
    if byte == 0 { return 0 }
    if isPrintable(byte) {
      let new = position == 0 ? mark : alphabet[random % alphabet.count]
      return new == byte ? alphabet[(random + 1) % alphabet.count] : new
    }
    // Neither printable nor 0xff, with which addresses begin.
    return UInt8(0x80 + random % 0x7f)
  }

  /// Whether a byte is a character to the classifier.
  private static func isPrintable(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7f || byte == 0x09 || byte == 0x0a
  }

  static func word(at offset: Int, of page: [UInt8]) -> UInt64 {
    guard offset + 8 <= page.count else { return 0 }
    return (0..<8).reduce(0) { $0 | UInt64(page[offset + $1]) << UInt64($1 * 8) }
  }
}

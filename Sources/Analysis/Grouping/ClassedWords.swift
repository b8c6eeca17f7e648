internal import ByteKit
internal import Evidence
internal import Memory

/// The words of one object, classed; the same storage serves object after object.
struct ClassedWords {
  /// The token of each word.
  private(set) var tokens: [WordToken]
  /// The numbers of the words that lie within symbols, ascending.
  private(set) var symbols: [Int] = []
  /// The numbers of the words that point to objects of slabs, ascending.
  private(set) var pointers: [Int] = []
  /// A hash of all bytes.
  private(set) var contentHash: UInt64 = 0
  /// When the object is a NUL-terminated string, a hash of it.
  private(set) var textHash: UInt64?

  private let classifier: WordClassifier
  private let slotSize: UInt64
  /// A string no longer than this would have been put in a cache of smaller objects.
  private let shortestText: Int
  /// The number of the word in which the allocator keeps the next free object, and the token of a
  /// pointer there to another object of the cache: what is left of it says nothing.
  private let staleLink: (word: Int, token: WordToken)
  private var memo = TokenMemo()

  /// Prepares to class the objects of a cache.
  init(of cache: Int, length: Int, shortestText: Int? = nil, in subject: Subject) {
    tokens = Array(repeating: .zero, count: (length + 7) / 8)
    classifier = WordClassifier(subject)
    let description = subject.census.caches[cache]
    slotSize = UInt64(max(0, description.slotSize))
    self.shortestText = shortestText ?? SizeClasses(subject.census).below(description)
    // SLUB keeps it in the middle: Linux 3202fa62fb43 ("slub: relocate freelist pointer to middle
    // of object"), v5.7.
    staleLink = (length / 2 / 8, .slab(cache: UInt32(clamping: cache), offset: 0))
  }

  /// Classes the words of an object.
  @inline(__always) mutating func read(_ object: LentObject, in span: RawSpan) {
    symbols.removeAll(keepingCapacity: true)
    pointers.removeAll(keepingCapacity: true)
    var hash = Mixing.start
    let start = object.address.rawValue
    let whole = min(object.count / 8, tokens.count)
    for word in 0..<whole {
      let value = span.load(UInt64.self, at: object.offset &+ word &* 8) ?? 0
      hash = Mixing.mix(hash, value)
      put(token(of: value, inObjectAt: start), at: word)
    }
    if whole < tokens.count {
      let value = Self.tail(of: object, in: span)
      hash = Mixing.mix(hash, value)
      put(object.count % 8 == 0 ? .absent : token(of: value, inObjectAt: start), at: whole)
      for word in (whole + 1)..<max(whole + 1, tokens.count) { tokens[word] = .absent }
    }
    contentHash = hash
    textHash =
      tokens.first?.kind == .text ? Self.text(object, in: span, atLeast: shortestText) : nil
    if let known = object.known { forget(known) }
  }

  @inline(__always) private mutating func put(_ token: WordToken, at word: Int) {
    tokens[word] = token
    if token.isSymbol {
      symbols.append(word)
    } else if token.isObjectPointer, word != staleLink.word || token != staleLink.token {
      pointers.append(word)
    }
  }

  @inline(__always) private mutating func token(
    of word: UInt64, inObjectAt start: UInt64
  ) -> WordToken {
    classifier.nearToken(of: word, inObjectAt: start, size: slotSize)
      ?? memo.token(of: word, from: classifier)
  }

  /// Takes out the words that are not known.
  private mutating func forget(_ known: WordMask) {
    for word in tokens.indices where !known[word] { tokens[word] = .absent }
    symbols.removeAll { !known[$0] }
    pointers.removeAll { !known[$0] }
    textHash = nil
  }

  /// The bytes behind the last whole word, as the low bytes of a word.
  private static func tail(of object: LentObject, in span: RawSpan) -> UInt64 {
    var value: UInt64 = 0
    for position in 0..<(object.count % 8) {
      let byte = span.load(UInt8.self, at: object.offset + object.count / 8 * 8 + position) ?? 0
      value |= UInt64(byte) << UInt64(position * 8)
    }
    return value
  }

  /// A hash of the string that an object is, or nil when it is none of at least this length.
  private static func text(
    _ object: LentObject, in span: RawSpan, atLeast shortest: Int
  ) -> UInt64? {
    var hash = Mixing.start &+ 1
    for position in 0..<object.count {
      guard let byte = span.load(UInt8.self, at: object.offset + position) else { return nil }
      if byte == 0 { return position >= shortest ? hash : nil }
      guard Printable.isPrintable(byte) else { return nil }
      hash = Mixing.mix(hash, UInt64(byte))
    }
    return nil
  }
}

/// A fast hash for keys that never leave the program.
enum Mixing {
  static let start: UInt64 = 0x243f_6a88_85a3_08d3

  /// The hash of what `hash` stands for, followed by `value`.
  @inline(__always) static func mix(_ hash: UInt64, _ value: UInt64) -> UInt64 {
    let product = (hash ^ value).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
    return (product.high ^ product.low) &+ 0x1319_8a2e_0370_7344
  }

  /// A number that looks as if it were random, of each number another one (SplitMix64).
  static func scatter(_ value: UInt64) -> UInt64 {
    var bits = value &+ 0x9e37_79b9_7f4a_7c15
    bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
    return bits ^ bits >> 31
  }
}

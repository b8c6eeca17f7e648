internal import ByteKit
internal import Evidence
internal import Memory

/// What identifies an object among those of its cache.
enum SignatureLevel: UInt8 {
  /// It is a NUL-terminated string; the string identifies it.
  case text
  /// The symbols in it identify it.
  case symbols
  /// No symbol is in it; the pointers to objects do.
  case pointers
  /// Neither is in it; the kinds of its words do.
  case pattern
  /// One of more different objects than are told apart.
  case varied
}

/// The objects of a cache, or of some of its slabs, counted by what identifies them.
///
/// An object's signature is made of its first few symbols, or else of what the level says. Objects
/// of one signature are one row here, however many they are; all grouping works on the rows.
struct SignatureTally {
  /// As many symbols, from the start of the object, are part of its signature.
  ///
  /// Those that a kernel object is known by stand near its start; what follows is often what the
  /// slot held before.
  private static let symbolLimit = 8
  /// As many pointers are part of the signature of an object without symbols.
  private static let pointerLimit = 4
  /// As many words are part of the signature of an object with neither.
  private static let patternLimit = 64
  /// The most memory that the rows of one tally may take, in bytes.
  private static let rowBudget = 16 << 20

  /// How the members of a row differ in one word.
  struct Variation: OptionSet {
    let rawValue: UInt8
    /// Their tokens differ.
    static let token = Variation(rawValue: 1)
    /// Even the kinds differ.
    static let kind = Variation(rawValue: 2)
  }

  /// A row: objects of one signature.
  struct Row {
    let key: UInt64
    let level: SignatureLevel
    /// Where the symbols or pointers of the signature stand in `strong`.
    let strong: Range<Int>
    let firstSlot: UInt32
    /// A hash of the bytes of the first object, and how many equal it.
    let firstHash: UInt64
    var equal: Int
    var count: Int
  }

  /// The number of words of an object.
  let wordCount: Int
  private(set) var rows: [Row] = []
  /// The symbols and pointers of all signatures: the number of the word, and its token.
  private(set) var strong: [(word: UInt16, token: WordToken)] = []
  /// For each row and word, the token of the first object.
  private(set) var firstTokens: [WordToken] = []
  /// For each row and word, how the others differ from it.
  private(set) var variations: [Variation] = []
  /// The objects read, by slot, and the row of each.
  private(set) var slots: [UInt32] = []
  private(set) var rowOfSlot: [UInt32] = []
  /// Of the objects that differ from the first of their row: the row and a hash of the bytes.
  private(set) var others: [(row: UInt32, hash: UInt64)] = []
  /// What cannot be read.
  var unread = UnreadParts()

  private let rowLimit: Int
  private var index = RowIndex()

  init(wordCount: Int) {
    self.wordCount = wordCount
    let bytesPerRow = max(1, wordCount) * 9 + MemoryLayout<Row>.stride
    rowLimit = max(64, Self.rowBudget / bytesPerRow)
  }

  /// Counts an object.
  @inline(__always) mutating func add(_ words: ClassedWords, slot: Int) {
    let (level, key) = signature(of: words)
    let row = row(for: key, level: level, words, slot: slot)
    slots.append(UInt32(truncatingIfNeeded: slot))
    rowOfSlot.append(UInt32(row))
    if rows[row].firstHash == words.contentHash {
      rows[row].equal += 1
    } else {
      others.append((UInt32(row), words.contentHash))
    }
    rows[row].count += 1
    compare(words.tokens, withRow: row)
  }

  private func signature(of words: ClassedWords) -> (SignatureLevel, UInt64) {
    if let text = words.textHash { return (.text, text) }
    if !words.symbols.isEmpty {
      var hash = Mixing.start
      for word in words.symbols.prefix(Self.symbolLimit) {
        hash = Mixing.mix(hash, words.tokens[word].rawValue &+ UInt64(word))
      }
      return (.symbols, hash)
    }
    if !words.pointers.isEmpty {
      var hash = ~Mixing.start
      for word in words.pointers.prefix(Self.pointerLimit) {
        hash = Mixing.mix(hash, words.tokens[word].rawValue &+ UInt64(word))
      }
      return (.pointers, hash)
    }
    var hash = UInt64(wordCount)
    var isZero = true
    for token in words.tokens.prefix(Self.patternLimit) {
      hash = Mixing.mix(hash, Self.shape(of: token))
      isZero = isZero && token == .zero
    }
    return (.pattern, isZero ? ~hash : hash)
  }

  /// What a word counts as in a pattern: a number that is zero in one object is not in another,
  /// and a large number may look like anything.
  private static func shape(of token: WordToken) -> UInt64 {
    switch token.kind {
    case .zero, .number: 0
    case .text, .user, .poison, .other: 1
    case let kind?: UInt64(kind.rawValue) + 2
    case nil: .max
    }
  }

  private mutating func row(
    for key: UInt64, level: SignatureLevel, _ words: ClassedWords, slot: Int
  ) -> Int {
    if let known = index.row(of: key) { return known }
    guard rows.count < rowLimit || level == .varied else {
      return row(for: Mixing.start, level: .varied, words, slot: slot)
    }
    let start = strong.count
    switch level {
    case .symbols:
      for word in words.symbols.prefix(Self.symbolLimit) {
        strong.append((UInt16(truncatingIfNeeded: word), words.tokens[word]))
      }
    case .pointers:
      for word in words.pointers.prefix(Self.pointerLimit) {
        strong.append((UInt16(truncatingIfNeeded: word), words.tokens[word]))
      }
    case .text, .pattern, .varied: break
    }
    firstTokens.append(contentsOf: words.tokens)
    variations.append(contentsOf: repeatElement([], count: wordCount))
    return insert(
      Row(
        key: key, level: level, strong: start..<strong.count,
        firstSlot: UInt32(truncatingIfNeeded: slot), firstHash: words.contentHash, equal: 0,
        count: 0))
  }

  private mutating func insert(_ row: Row) -> Int {
    rows.append(row)
    index.insert(rows.count - 1, for: row.key)
    return rows.count - 1
  }

  @inline(__always) private mutating func compare(_ tokens: [WordToken], withRow row: Int) {
    let base = row * wordCount
    for word in 0..<wordCount {
      let token = tokens[word]
      let first = firstTokens[base + word]
      if token != first { differ(token, first, at: base + word) }
    }
  }

  private mutating func differ(_ token: WordToken, _ first: WordToken, at position: Int) {
    guard token.isPresent else { return }
    if first.isPresent {
      variations[position].formUnion(token.isOfKind(of: first) ? .token : [.token, .kind])
    } else {
      firstTokens[position] = token
    }
  }

  /// Adds what another tally of later slabs of the same cache counted.
  mutating func absorb(_ other: SignatureTally) {
    unread += other.unread
    var rowHere: [UInt32] = []
    rowHere.reserveCapacity(other.rows.count)
    for (number, row) in other.rows.enumerated() {
      rowHere.append(UInt32(absorb(row, number, of: other)))
    }
    slots.append(contentsOf: other.slots)
    rowOfSlot.append(contentsOf: other.rowOfSlot.lazy.map { rowHere[Int($0)] })
    others.append(contentsOf: other.others.lazy.map { (row: rowHere[Int($0.row)], hash: $0.hash) })
  }

  private mutating func absorb(_ row: Row, _ number: Int, of other: SignatureTally) -> Int {
    let tokens = Array(other.firstTokens[(number * wordCount)..<((number + 1) * wordCount)])
    let differences = other.variations[(number * wordCount)..<((number + 1) * wordCount)]
    guard let target = index.row(of: row.key) ?? fullRow(for: row) else {
      let start = strong.count
      strong.append(contentsOf: other.strong[row.strong])
      firstTokens.append(contentsOf: tokens)
      variations.append(contentsOf: differences)
      return insert(
        Row(
          key: row.key, level: row.level, strong: start..<strong.count, firstSlot: row.firstSlot,
          firstHash: row.firstHash, equal: row.equal, count: row.count))
    }
    rows[target].count += row.count
    if rows[target].firstHash == row.firstHash {
      rows[target].equal += row.equal
    } else {
      let equal = (row: UInt32(target), hash: row.firstHash)
      others.append(contentsOf: repeatElement(equal, count: row.equal))
    }
    compare(tokens, withRow: target)
    for (word, difference) in differences.enumerated() {
      variations[target * wordCount + word].formUnion(difference)
    }
    return target
  }

  /// The row for objects that are not told apart any more, once there are too many rows.
  private func fullRow(for row: Row) -> Int? {
    rows.count < 2 * rowLimit || row.level == .varied ? nil : index.row(of: Mixing.start)
  }

  /// The token of a word that all rows have, and the kind; nil where they differ.
  func common(_ word: Int, in rows: [Int]) -> (token: WordToken?, kind: WordKind?) {
    var token: WordToken?
    var sameToken = true
    for row in rows {
      let position = row * wordCount + word
      let own = firstTokens[position]
      let variation = variations[position]
      guard own.isPresent else { continue }
      let first = token ?? own
      token = first
      if variation.contains(.kind) || !own.isOfKind(of: first) { return (nil, nil) }
      if own != first || variation.contains(.token) { sameToken = false }
    }
    return (sameToken ? token : nil, token?.kind)
  }

  /// For each row, the size of the largest subset of objects that are equal byte by byte.
  func largestEqualSubsets() -> [Int] {
    var largest = rows.map(\.equal)
    // Where the first object's equals are the majority, no other subset can be larger.
    let open = others.filter { rows[Int($0.row)].equal * 2 < rows[Int($0.row)].count }
      .sorted { ($0.row, $0.hash) < ($1.row, $1.hash) }
    var position = 0
    while position < open.count {
      var end = position + 1
      while end < open.count, open[end] == open[position] { end += 1 }
      let entry = open[position]
      let isFirst = rows[Int(entry.row)].firstHash == entry.hash
      let total = end - position + (isFirst ? rows[Int(entry.row)].equal : 0)
      largest[Int(entry.row)] = max(largest[Int(entry.row)], total)
      position = end
    }
    return largest
  }
}

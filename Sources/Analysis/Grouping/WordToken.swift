/// A classed word as one number, so that objects can be compared without making strings.
///
/// Two words have equal tokens when a template would show them alike.
struct WordToken: Hashable, Sendable, BitwiseCopyable {
  private static let kindShift: UInt64 = 59
  private static let payloadMask: UInt64 = (1 << kindShift) - 1
  private static let absentKind: UInt64 = 0x1f
  private static let symbolShift: UInt64 = 31
  private static let cacheShift: UInt64 = 32

  /// The kind above the details.
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  @inline(__always) init(_ kind: WordKind, _ payload: UInt64 = 0) {
    rawValue = UInt64(kind.rawValue) << Self.kindShift | payload & Self.payloadMask
  }

  /// A word that cannot be read.
  static let absent = WordToken(rawValue: absentKind << kindShift)
  /// Zero.
  static let zero = WordToken(.zero)

  /// An address `offset` bytes into a symbol.
  ///
  /// Offsets of 2 GiB and more do not occur: the symbol table bounds sizes by 4 GiB, and a kernel
  /// image by 1 GiB.
  static func symbol(_ index: Int, offset: UInt64) -> WordToken {
    WordToken(
      .symbol, UInt64(index) << symbolShift | min(offset, (1 << symbolShift) - 1))
  }

  /// An address `offset` bytes into an object of a cache.
  static func slab(cache: UInt32, offset: Int) -> WordToken {
    WordToken(.slabPointer, UInt64(cache) << cacheShift | UInt64(UInt32(clamping: offset)))
  }

  @inline(__always) private var kindBits: UInt64 { rawValue >> Self.kindShift }

  /// The kind; nil for a word that cannot be read.
  @inline(__always) var kind: WordKind? { WordKind(rawValue: UInt8(kindBits)) }

  /// Whether the word could be read.
  @inline(__always) var isPresent: Bool { kindBits != Self.absentKind }

  /// Whether two words are of one kind.
  @inline(__always) func isOfKind(of other: WordToken) -> Bool { kindBits == other.kindBits }

  /// Whether the word is an address within a symbol.
  @inline(__always) var isSymbol: Bool { kindBits == UInt64(WordKind.symbol.rawValue) }

  /// Whether the word is an address within an object of a slab, itself or another.
  @inline(__always) var isObjectPointer: Bool {
    kindBits == UInt64(WordKind.slabPointer.rawValue)
      || kindBits == UInt64(WordKind.selfPointer.rawValue)
  }

  /// What stands behind the kind.
  @inline(__always) var payload: UInt64 { rawValue & Self.payloadMask }

  /// For an address within a symbol: the symbol's index in the table.
  var symbolIndex: Int { Int(payload >> Self.symbolShift) }

  /// For an address within a symbol: how many bytes into it.
  var symbolOffset: UInt64 { payload & ((1 << Self.symbolShift) - 1) }

  /// For an address within another object: the index of its cache.
  var cacheIndex: Int { Int(payload >> Self.cacheShift) }

  /// For an address within an object: how many bytes into it.
  var objectOffset: Int { Int(payload & ((1 << Self.cacheShift) - 1)) }
}

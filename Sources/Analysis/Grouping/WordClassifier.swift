public import Evidence
internal import DebugInfo
public import Memory

/// Tells what a word of kernel memory is: a symbol, a pointer to an object, text, a number.
///
/// Nothing it says depends on where the kernel was loaded.
public struct WordClassifier: Sendable {
  private let census: Census
  private let symbols: SymbolTable
  private let addressSpace: AddressSpace
  private let stripsTags: Bool
  /// Where the user's half can end.
  private let userLimits: [UInt64]

  /// Takes what is known of a kernel.
  public init(_ subject: Subject) {
    census = subject.census
    symbols = subject.symbols
    addressSpace = subject.addressSpace
    stripsTags = subject.kernel.machine == .arm64
    // Processes have 47 bits on x86_64 unless they ask for more, and 39 or 48 on arm64.
    userLimits = subject.kernel.machine == .arm64 ? [1 << 39, 1 << 48] : [1 << 47]
  }

  /// What a word is, in an object that occupies the addresses in `object`, or in none.
  public func classify(_ word: UInt64, in object: Range<VirtualAddress>? = nil) -> WordClass {
    let start = object?.lowerBound.rawValue ?? 0
    let size = object.map { $0.upperBound.offset(from: $0.lowerBound) } ?? 0
    return describe(token(of: word, inObjectAt: start, size: size))
  }

  /// What kind of word a word is that lies in no object.
  public func kind(of word: UInt64) -> WordKind {
    token(of: word, inObjectAt: 0, size: 0).kind ?? .other
  }

  /// What a token stands for.
  func describe(_ token: WordToken) -> WordClass {
    switch token.kind {
    case .zero: return .zero
    case .number: return .number(token.payload)
    case .symbol:
      let symbol = symbols[token.symbolIndex]
      return .symbol(name: symbol.name, offset: token.symbolOffset, module: symbol.module)
    case .slabPointer:
      return .slabPointer(
        cache: census.caches[token.cacheIndex].name, offset: token.objectOffset)
    case .selfPointer: return .selfPointer(offset: token.objectOffset)
    case .pageStruct: return .pageStruct
    case .directMap: return .directMap
    case .vmalloc: return .vmalloc
    case .image: return .image
    case .perCPU: return .perCPU
    case .user: return .user
    case .poison: return .poison(name: Poison.values[Int(token.payload)].name)
    case .errorPointer: return .errorPointer(-Int(token.payload))
    case .text: return .text(Printable.text(token.payload))
    case .other, nil: return .other
    }
  }

  /// What a word is that all members of a group share: other than an address, a number.
  func describeShared(_ token: WordToken, word: UInt64?) -> WordClass {
    guard token.kind == .other, let word, kernelAddress(word) == nil else { return describe(token) }
    return .number(word)
  }

  /// The token of a word in an object of `size` bytes at `start`.
  func token(of word: UInt64, inObjectAt start: UInt64, size: UInt64) -> WordToken {
    nearToken(of: word, inObjectAt: start, size: size) ?? tokenAnywhere(of: word)
  }

  /// The token of a word that is a small number or points into its own object, nil for others.
  @inline(__always) func nearToken(
    of word: UInt64, inObjectAt start: UInt64, size: UInt64
  ) -> WordToken? {
    if word == 0 { return .zero }
    if word <= UInt64(UInt32.max) { return WordToken(.number, word) }
    if let address = kernelAddress(word), address &- start < size {
      return WordToken(.selfPointer, address &- start)
    }
    return nil
  }

  /// The token of a word above 32 bits that does not point into its own object.
  func tokenAnywhere(of word: UInt64) -> WordToken {
    if let address = kernelAddress(word) {
      if let token = tokenOfAddress(VirtualAddress(address)) { return token }
      // The largest errno that a pointer can hold is MAX_ERRNO, 4095.
      if word >= UInt64.max - 4094 { return WordToken(.errorPointer, 0 &- word) }
    }
    if let poison = Poison.index(of: word) { return WordToken(.poison, UInt64(poison)) }
    if let text = Printable.payload(of: word) { return WordToken(.text, text) }
    if isUserAddress(word) { return WordToken(.user) }
    // Folded to the bits that a token has: only equality counts.
    return WordToken(.other, (word &* 0x9e37_79b9_7f4a_7c15) >> 5)
  }

  /// A word as an address of the kernel's half without a tag in its top byte, if it can be one.
  @inline(__always) func kernelAddress(_ word: UInt64) -> UInt64? {
    if word >> 56 == 0xff { return word }
    // AArch64 ignores the top byte; bit 55 tells the kernel's half from the user's.
    if stripsTags, word >> 55 & 1 == 1 { return word | 0xff << 56 }
    return nil
  }

  private func tokenOfAddress(_ address: VirtualAddress) -> WordToken? {
    if let object = census.object(containing: address) {
      return .slab(cache: census.slabs[object.slab].cache, offset: object.offset)
    }
    let use = addressSpace.use(of: address)
    if use != .pageStructs, let index = symbols.index(containing: address) {
      return .symbol(index, offset: address.offset(from: symbols.address(of: index)))
    }
    return switch use {
    case .directMap: WordToken(.directMap)
    case .pageStructs: WordToken(.pageStruct)
    case .vmalloc: WordToken(.vmalloc)
    case .modules, .kernelImage: WordToken(.image)
    case .perCPU: WordToken(.perCPU)
    case .user, nil: nil
    }
  }

  /// Whether a word lies where programs and their heaps and stacks do.
  ///
  /// That is the upper third of the user's half, rounded down to pages, as the kernel's
  /// ELF_ET_DYN_BASE puts it. Lower words of the same shape are rather several numbers in one.
  private func isUserAddress(_ word: UInt64) -> Bool {
    let isLikely = userLimits.contains { limit in
      word >= limit / 3 * 2 & ~0xffff && word < limit
    }
    guard isLikely else { return false }
    let use = addressSpace.use(of: VirtualAddress(word))
    return use == .user || use == nil
  }
}

/// Remembers the tokens of words that come again and again, such as the same function's address.
struct TokenMemo {
  private static let size = 4096
  private var words = [UInt64](repeating: 0, count: size)
  private var tokens = [WordToken](repeating: .zero, count: size)

  /// The token of a word above 32 bits that does not point into its own object.
  @inline(__always) mutating func token(
    of word: UInt64, from classifier: borrowing WordClassifier
  ) -> WordToken {
    let place = Int((word &* 0x9e37_79b9_7f4a_7c15) >> 52)
    if words[place] == word { return tokens[place] }
    let token = classifier.tokenAnywhere(of: word)
    words[place] = word
    tokens[place] = token
    return token
  }
}

/// The words of memory that a text shows as symbols, as `rd -s` does.
public struct SymbolicWords: Sendable {
  /// A word shown as a symbol.
  struct Entry: Sendable, BitwiseCopyable {
    /// Where it lies.
    let address: UInt64
    /// The index in `names` of the symbol that crash named: the nearest below, however far.
    let name: UInt32
    /// The bytes behind the symbol.
    let offset: UInt32
  }

  /// The words, in the order of the text.
  private(set) var entries: [Entry] = []
  /// The names of the symbols, each once.
  private(set) var names: [String] = []
  private var numbers: [String: UInt32] = [:]

  /// The number of words.
  public var count: Int { entries.count }

  /// Notes a word; one that lies 4 GiB behind its symbol is none of the symbol's.
  mutating func append(_ symbol: SymbolText, at address: UInt64) {
    guard let offset = UInt32(exactly: symbol.offset) else { return }
    let number: UInt32
    if let known = numbers[symbol.name] {
      number = known
    } else {
      number = UInt32(truncatingIfNeeded: names.count)
      names.append(symbol.name)
      numbers[symbol.name] = number
    }
    entries.append(Entry(address: address, name: number, offset: offset))
  }
}

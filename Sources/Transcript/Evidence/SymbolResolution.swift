import DebugInfo
import Memory

/// Finds the addresses of the symbols that a text names, and the values of the words that it shows
/// as symbols.
struct SymbolResolution {
  /// crash names the nearest symbol below an address, however far: beyond this the symbol says
  /// nothing.
  private static let farthest: UInt64 = 0x1000

  /// Symbols whose addresses are not known get addresses from here on, where no kernel has
  /// anything: the start of the upper half with five-level page tables, which
  /// Documentation/arch/x86/x86_64/mm.rst calls a guard hole.
  static let invented: Range<UInt64> = 0xff00_0000_0000_0000..<0xff08_0000_0000_0000
  private static let spacing: UInt64 = 0x10000

  /// The symbols by name.
  private(set) var byName: [String: ShownSymbol] = [:]
  /// How many of them have an invented address.
  private(set) var inventedCount = 0
  /// How far behind a symbol's address the text names it: no other symbol lies in between, while
  /// how far it really goes is not told.
  private var reaches: [String: UInt64] = [:]
  private let debugSymbols: SymbolTable?

  /// Takes the symbols that a text shows with their addresses, and those of a debug file.
  init(_ facts: SessionFacts, debugSymbols: SymbolTable?) {
    self.debugSymbols = debugSymbols
    // The order of a set is not stable: the lowest address of a name counts, and of two symbols
    // at one address the one that says more.
    for symbol in facts.symbols.sorted(by: {
      ($0.name, $0.address, $0.kind == nil ? 1 : 0, $0.module ?? "~")
        < ($1.name, $1.address, $1.kind == nil ? 1 : 0, $1.module ?? "~")
    }) where byName[symbol.name] == nil {
      byName[symbol.name] = symbol
    }
    for symbol in facts.symbols { extend(symbol.name, to: symbol.reach) }
    for word in facts.symbolicWords { extend(word.symbol, to: word.offset) }
    // Nothing but pointers, all to the beginnings of symbols: a table of operations.
    for structure in facts.structures where structure.isAllPointers {
      for member in structure.members {
        guard let pointer = member.pointer else { continue }
        operations.insert(pointer)
      }
    }
  }

  private var operations: Set<UInt64> = []

  private mutating func extend(_ name: String, to offset: UInt64) {
    guard offset < Self.farthest else { return }
    reaches[name] = max(reaches[name] ?? 0, offset)
  }

  /// The words that were shown as symbols, with values where these can be told; where the text
  /// shows such a word as a number, too, the symbol's address is learned from it.
  mutating func resolve(_ facts: SessionFacts) -> ShownWords {
    var words = facts.words
    let numbers = facts.symbolicWords.isEmpty ? nil : ShownMemory(facts.words)
    for word in facts.symbolicWords where byName[word.symbol] == nil {
      if let value = numbers?.word(at: word.address) {
        learn(word.symbol, value &- word.offset)
      } else if let symbol = debugSymbols?.symbol(named: word.symbol) {
        byName[word.symbol] = ShownSymbol(
          name: symbol.name, address: symbol.address.rawValue, module: symbol.module)
      }
    }
    for word in facts.symbolicWords where numbers?.word(at: word.address) == nil {
      guard let symbol = byName[word.symbol] ?? invent(word) else { continue }
      words.append(symbol.address &+ word.offset, at: word.address, bytes: 8)
    }
    for structure in facts.structures { append(structure, to: &words, unless: numbers) }
    return words
  }

  private mutating func learn(_ name: String, _ address: UInt64) {
    byName[name] = ShownSymbol(name: name, address: address)
  }

  private mutating func invent(_ word: SymbolicWord) -> ShownSymbol? {
    let address = Self.invented.lowerBound + UInt64(inventedCount) * Self.spacing
    guard word.offset < Self.farthest, Self.invented.contains(address) else { return nil }
    inventedCount += 1
    learn(word.symbol, address)
    return byName[word.symbol]
  }

  /// The pointers of a structure that consists of nothing else.
  private func append(
    _ structure: ShownStructure, to words: inout ShownWords, unless numbers: ShownMemory?
  ) {
    guard structure.isAllPointers, let address = structure.address, address % 8 == 0 else { return }
    for (index, member) in structure.members.enumerated() {
      let place = address &+ UInt64(index) * 8
      guard let pointer = member.pointer, numbers?.word(at: place) == nil else { continue }
      words.append(pointer, at: place, bytes: 8)
    }
  }

  /// All symbols as a table; those that a debug file has come from there.
  func table(modules: [ModuleRegion]) -> SymbolTable {
    var builder = SymbolTableBuilder()
    if let debugSymbols {
      builder.reserve(debugSymbols.count)
      for index in 0..<debugSymbols.count { builder.add(debugSymbols[index]) }
    }
    for symbol in byName.values.sorted(by: { ($0.address, $0.name) < ($1.address, $1.name) }) {
      let address = VirtualAddress(symbol.address)
      if let index = debugSymbols?.index(containing: address),
        debugSymbols?.address(of: index) == address
      {
        continue
      }
      let module =
        symbol.module ?? modules.first { $0.range.contains(symbol.address) }?.name
      builder.add(
        Symbol(
          name: symbol.name, address: address, size: (reaches[symbol.name] ?? 0) + 1,
          kind: kind(of: symbol),
          module: module))
    }
    return SymbolTable(builder)
  }

  private func kind(of symbol: ShownSymbol) -> SymbolKind {
    switch symbol.kind {
    case "t", "T", "w", "W": .function
    case "d", "D", "b", "B", "r", "R", "v", "V": .object
    default: operations.contains(symbol.address) ? .function : .other
    }
  }
}

/// Where a module lies, as far as a text tells.
struct ModuleRegion: Hashable {
  let name: String
  let address: UInt64
  let range: Range<UInt64>
}

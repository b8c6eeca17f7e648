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

  private let shown: ShownSymbols
  private let debugSymbols: SymbolTable?
  /// The addresses of the symbols that words are shown as, by their numbers, as far as known.
  private var addresses: [UInt64?]
  private let names: [String]
  private let numbers: [String: Int]
  /// How far behind a symbol's address the text names it: no other symbol lies in between, while
  /// how far it really goes is not told.
  private var reaches: [UInt64]
  /// The numbers of the symbols that `shown` and the debug file do not have.
  private var learned: [Int] = []
  /// The addresses in tables of operations.
  private var operations: Set<UInt64> = []
  /// How many symbols have an invented address.
  private(set) var inventedCount = 0

  /// Takes the symbols that a text shows with their addresses, and those of a debug file.
  init(_ facts: SessionFacts, debugSymbols: SymbolTable?) {
    shown = facts.symbols
    self.debugSymbols = debugSymbols
    names = facts.symbolicWords.names
    numbers = Dictionary(
      names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    addresses = Array(repeating: nil, count: names.count)
    reaches = Array(repeating: 0, count: names.count)
    for word in facts.symbolicWords.entries where UInt64(word.offset) < Self.farthest {
      reaches[Int(word.name)] = max(reaches[Int(word.name)], UInt64(word.offset))
    }
    findAddresses()
    // Nothing but pointers, all to the beginnings of symbols: a table of operations.
    for structure in facts.structures where structure.isAllPointers {
      operations.formUnion(structure.members.compactMap(\.pointer))
    }
  }

  /// Takes the addresses that the text shows beside a name, the lowest where it shows several, or
  /// else the debug file's.
  private mutating func findAddresses() {
    guard !names.isEmpty else { return }
    for index in shown.indices {
      guard let number = numbers[shown[index].name] else { continue }
      addresses[number] = min(addresses[number] ?? .max, shown.address(index))
    }
    guard let debugSymbols else { return }
    for number in names.indices where addresses[number] == nil {
      addresses[number] = debugSymbols.symbol(named: names[number])?.address.rawValue
    }
  }

  /// The words of memory, with those that were shown as symbols where their values can be told.
  ///
  /// Where the text shows such a word as a number, too, the symbol's address is learned from it.
  mutating func resolve(_ facts: SessionFacts) -> ShownWords {
    let symbolic = facts.symbolicWords.entries
    guard !symbolic.isEmpty || !facts.structures.isEmpty else { return facts.words }
    var words = facts.words
    let numbers = ShownMemory(facts.words)
    for word in symbolic where addresses[Int(word.name)] == nil {
      guard let value = numbers.word(at: word.address) else { continue }
      addresses[Int(word.name)] = value &- UInt64(word.offset)
      learned.append(Int(word.name))
    }
    for word in symbolic where numbers.word(at: word.address) == nil {
      guard let address = addresses[Int(word.name)] ?? invent(word) else { continue }
      words.append(address &+ UInt64(word.offset), at: word.address, bytes: 8)
    }
    for structure in facts.structures { append(structure, to: &words, unless: numbers) }
    return words
  }

  private mutating func invent(_ word: SymbolicWords.Entry) -> UInt64? {
    let address = Self.invented.lowerBound + UInt64(inventedCount) * Self.spacing
    guard UInt64(word.offset) < Self.farthest, Self.invented.contains(address) else { return nil }
    inventedCount += 1
    addresses[Int(word.name)] = address
    learned.append(Int(word.name))
    return address
  }

  /// The pointers of a structure that consists of nothing else.
  private func append(
    _ structure: ShownStructure, to words: inout ShownWords, unless numbers: ShownMemory
  ) {
    guard structure.isAllPointers, let address = structure.address, address % 8 == 0 else { return }
    for (index, member) in structure.members.enumerated() {
      let place = address &+ UInt64(index) * 8
      guard let pointer = member.pointer, numbers.word(at: place) == nil else { continue }
      words.append(pointer, at: place, bytes: 8)
    }
  }

  /// The lowest and the highest address of a symbol that is not shown to be a module's.
  var kernelAddresses: (first: UInt64, last: UInt64)? {
    let own = shown.indices.lazy.filter { shown.isKernel($0) }.map { shown.address($0) }
    let others = learned.lazy.compactMap { addresses[$0] }.filter { !Self.invented.contains($0) }
    guard let first = [own.min(), others.min()].compactMap({ $0 }).min(),
      let last = [own.max(), others.max()].compactMap({ $0 }).max()
    else { return nil }
    return (first, last)
  }

  /// All symbols as a table; those that a debug file has come from there.
  func table(modules: [ModuleRegion]) -> SymbolTable {
    var builder = SymbolTableBuilder()
    if let debugSymbols {
      builder.reserve(debugSymbols.count)
      for index in 0..<debugSymbols.count { builder.add(debugSymbols[index]) }
    }
    let order = shown.indices.sorted { (shown.address($0), $0) < (shown.address($1), $1) }
    var last: ShownSymbol?
    for index in order {
      let symbol = shown[index]
      // Commands are often repeated.
      if let last, last.address == symbol.address, last.name == symbol.name { continue }
      add(symbol, reach: reach(of: symbol), modules, to: &builder)
      last = symbol
    }
    for number in learned {
      guard let address = addresses[number] else { continue }
      add(
        ShownSymbol(name: names[number], address: address), reach: reaches[number], modules,
        to: &builder)
    }
    return SymbolTable(builder)
  }

  private func reach(of symbol: ShownSymbol) -> UInt64 {
    let told = symbol.reach < Self.farthest ? symbol.reach : 0
    return max(told, numbers[symbol.name].map { reaches[$0] } ?? 0)
  }

  private func add(
    _ symbol: ShownSymbol, reach: UInt64, _ modules: [ModuleRegion],
    to builder: inout SymbolTableBuilder
  ) {
    let address = VirtualAddress(symbol.address)
    if let index = debugSymbols?.index(containing: address),
      debugSymbols?.address(of: index) == address
    {
      return
    }
    let module = symbol.module ?? modules.first { $0.range.contains(symbol.address) }?.name
    builder.add(
      Symbol(
        name: symbol.name, address: address, size: reach + 1, kind: kind(of: symbol),
        module: module))
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

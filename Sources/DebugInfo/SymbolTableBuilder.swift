public import ByteKit
public import Memory

/// Collects symbols, in any order and from several sources, for a `SymbolTable`.
public struct SymbolTableBuilder: Sendable {
  struct Entry {
    var address: UInt64
    var size: UInt64?
    var nameStart: UInt32
    var kind: SymbolKind
    /// Lower is the better name for an address that several symbols share; at most `lastRank`.
    var rank: UInt8
    /// One more than the index in `modules`, or zero for the kernel.
    var module: UInt16
  }

  static let lastRank: UInt8 = 3

  var entries: [Entry] = []
  var names: [UInt8] = []
  var modules: [String] = []

  /// Starts with no symbols.
  public init() {}

  /// The number of symbols collected.
  public var count: Int { entries.count }

  /// Makes room for this many more symbols.
  public mutating func reserve(_ count: Int) {
    entries.reserveCapacity(entries.count + count)
  }

  /// Adds a symbol.
  ///
  /// `size` is nil where the source does not tell it; `name` is UTF-8 without a NUL. Symbols without a name are left out, as are those beyond 4 GiB of names.
  public mutating func add(
    name: some Collection<UInt8>, address: VirtualAddress, size: UInt64?, kind: SymbolKind,
    isGlobal: Bool, module: String? = nil
  ) {
    guard !name.isEmpty, let start = UInt32(exactly: names.count) else { return }
    names.append(contentsOf: name)
    names.append(0)
    add(
      nameAt: start, address: address, size: size, kind: kind, isGlobal: isGlobal, module: module)
  }

  /// Adds a symbol.
  public mutating func add(_ symbol: Symbol) {
    add(
      name: Array(symbol.name.utf8), address: symbol.address, size: symbol.size, kind: symbol.kind,
      isGlobal: true, module: symbol.module)
  }

  /// Takes over a table of NUL-terminated names at once, for `add(nameAt:)`.
  ///
  /// Returns where the table begins among all names, or nil when there would be more than 4 GiB.
  public mutating func add(names table: Bytes) -> UInt32? {
    guard let start = UInt32(exactly: names.count), names.count + table.count < UInt32.max
    else { return nil }
    names.append(contentsOf: table.array)
    names.append(0)
    return start
  }

  /// Adds a symbol whose name begins at `start` of a table that `add(names:)` took over.
  ///
  /// A symbol whose name is empty or would begin behind the tables is left out.
  public mutating func add(
    nameAt start: UInt32, address: VirtualAddress, size: UInt64?, kind: SymbolKind, isGlobal: Bool,
    module: String? = nil
  ) {
    guard Int(start) < names.count, names[Int(start)] != 0 else { return }
    // An object of no bytes, as lock classes are without CONFIG_LOCKDEP, is no name for the one
    // that follows it at the same address.
    let isTelling = kind == .function || kind == .object && size != 0
    entries.append(
      Entry(
        address: address.rawValue, size: size == 0 ? nil : size, nameStart: start, kind: kind,
        rank: (isTelling ? 0 : 2) + (isGlobal ? 0 : 1), module: number(of: module)))
  }

  private mutating func number(of module: String?) -> UInt16 {
    guard let module else { return 0 }
    if modules.last == module { return UInt16(modules.count) }
    if let known = modules.firstIndex(of: module) { return UInt16(known + 1) }
    guard modules.count < Int(UInt16.max) else { return 0 }
    modules.append(module)
    return UInt16(modules.count)
  }
}

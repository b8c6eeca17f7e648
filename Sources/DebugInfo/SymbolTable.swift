public import Memory

/// What a symbol stands for.
public enum SymbolKind: UInt8, Hashable, Sendable {
  /// Code.
  case function
  /// Data.
  case object
  /// Unknown.
  case other
}

/// A name for an address in the kernel or a module.
public struct Symbol: Hashable, Sendable {
  /// The name.
  public let name: String
  /// Where it lies in the running kernel.
  public let address: VirtualAddress
  /// Its size in bytes; where the source gave none, the distance to the next symbol.
  public let size: UInt64
  /// What it stands for.
  public let kind: SymbolKind
  /// The module it belongs to, or nil for the kernel itself.
  public let module: String?

  /// Describes a symbol.
  public init(
    name: String, address: VirtualAddress, size: UInt64, kind: SymbolKind, module: String? = nil
  ) {
    self.name = name
    self.address = address
    self.size = size
    self.kind = kind
    self.module = module
  }
}

/// An address as a symbol and an offset into it: `name+0x10 [module]`.
public struct SymbolReference: Hashable, Sendable, CustomStringConvertible {
  /// The symbol that covers the address.
  public let symbol: Symbol
  /// How many bytes into it the address lies; less than its size.
  public let offset: UInt64

  /// Names an address.
  public init(symbol: Symbol, offset: UInt64) {
    self.symbol = symbol
    self.offset = offset
  }

  /// The name, with the offset unless it is zero, without the module.
  public var name: String {
    offset == 0 ? symbol.name : symbol.name + "+0x" + String(offset, radix: 16)
  }

  /// The name with its module in brackets.
  public var description: String { symbol.module.map { "\(name) [\($0)]" } ?? name }
}

/// The symbols of the kernel and its modules, sorted by address.
///
/// A symbol is known inside the table by its index. Where several have one address, global
/// functions and objects come first, so that `index(containing:)` gives the name people know.
public struct SymbolTable: Sendable {
  private let addresses: [UInt64]
  private let sizes: [UInt32]
  private let kinds: [SymbolKind]
  private let moduleOf: [UInt16]
  private let modules: [String]
  private let nameStarts: [UInt32]
  private let names: [UInt8]
  /// An open-addressing hash table of symbol indices by name, -1 where empty.
  private let buckets: [Int32]

  /// An empty table.
  public init() { self.init(SymbolTableBuilder()) }

  /// Sorts what a builder collected.
  public init(_ builder: SymbolTableBuilder) {
    let entries = builder.entries
    let order = entries.indices.sorted {
      let (left, right) = (entries[$0], entries[$1])
      return (left.address, left.rank, $0) < (right.address, right.rank, $1)
    }
    var addresses: [UInt64] = []
    addresses.reserveCapacity(order.count)
    for index in order { addresses.append(entries[index].address) }
    var sizes: [UInt32] = []
    sizes.reserveCapacity(order.count)
    // The distance to the next different address, for symbols that came without a size.
    var next = UInt64.max
    for position in order.indices.reversed() {
      if position + 1 < order.count, addresses[position + 1] != addresses[position] {
        next = addresses[position + 1]
      }
      let entry = entries[order[position]]
      let gap = next == .max ? Self.largestGuess : min(next &- entry.address, Self.largestGuess)
      sizes.append(UInt32(clamping: entry.size ?? gap))
    }
    sizes.reverse()
    self.addresses = addresses
    self.sizes = sizes
    kinds = order.map { entries[$0].kind }
    moduleOf = order.map { entries[$0].module }
    modules = builder.modules
    nameStarts = order.map { entries[$0].nameStart }
    names = builder.names

    var capacity = 16
    while capacity < order.count * 2 { capacity *= 2 }
    var buckets = [Int32](repeating: -1, count: capacity)
    for (index, start) in nameStarts.enumerated() {
      var slot = Self.hash(Self.name(at: start, in: names)) & (capacity - 1)
      while buckets[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
      buckets[slot] = Int32(index)
    }
    self.buckets = buckets
  }

  /// No symbol without a size of its own is taken to be larger than this.
  private static let largestGuess: UInt64 = 0x10000

  /// The number of symbols.
  public var count: Int { addresses.count }

  /// The symbol with this index, which must be less than `count`.
  public subscript(index: Int) -> Symbol {
    Symbol(
      name: String(decoding: Self.name(at: nameStarts[index], in: names), as: UTF8.self),
      address: VirtualAddress(addresses[index]), size: UInt64(sizes[index]), kind: kinds[index],
      module: moduleOf[index] == 0 ? nil : modules[Int(moduleOf[index]) - 1])
  }

  /// The address of the symbol with this index.
  public func address(of index: Int) -> VirtualAddress { VirtualAddress(addresses[index]) }

  /// What the symbol with this index stands for.
  public func kind(of index: Int) -> SymbolKind { kinds[index] }

  /// The index of the symbol that covers an address, or nil when none does.
  public func index(containing address: VirtualAddress) -> Int? {
    var low = 0
    var high = addresses.count
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] <= address.rawValue { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    // The best name for an address stands first among its equals; a symbol that is too small to
    // reach the address may hide a larger one that begins before it, such as a section's start.
    var index = low - 1
    for _ in 0..<8 {
      let start = addresses[index]
      while index > 0, addresses[index - 1] == start { index -= 1 }
      var candidate = index
      while candidate < addresses.count, addresses[candidate] == start {
        let offset = address.rawValue - start
        if offset < UInt64(sizes[candidate]) || offset == 0 { return candidate }
        candidate += 1
      }
      guard index > 0 else { return nil }
      index -= 1
    }
    return nil
  }

  /// An address as symbol and offset, or nil when no symbol covers it.
  public func reference(to address: VirtualAddress) -> SymbolReference? {
    index(containing: address).map {
      SymbolReference(symbol: self[$0], offset: address.rawValue - addresses[$0])
    }
  }

  /// Every symbol of a name: static functions of different files share names.
  public func symbols(named name: String) -> [Symbol] {
    var found: [Int] = []
    let wanted = Array(name.utf8)
    var slot = Self.hash(wanted[...]) & (buckets.count - 1)
    while buckets[slot] >= 0 {
      let index = Int(buckets[slot])
      if Self.name(at: nameStarts[index], in: names) == wanted[...] { found.append(index) }
      slot = (slot + 1) & (buckets.count - 1)
    }
    return found.sorted().map { self[$0] }
  }

  /// The kernel's own symbol of a name, or else the first module's.
  public func symbol(named name: String) -> Symbol? {
    let found = symbols(named: name)
    return found.first { $0.module == nil } ?? found.first
  }

  private static func name(at start: UInt32, in names: [UInt8]) -> ArraySlice<UInt8> {
    var end = Int(start)
    while end < names.count, names[end] != 0 { end += 1 }
    return names[Int(start)..<end]
  }

  /// FNV-1a.
  private static func hash(_ name: ArraySlice<UInt8>) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }
}

public import Memory

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
  /// The hash of each name above the symbol's index, ascending.
  ///
  /// Many symbols can have one name, and a file can be made so that many names have one hash: this
  /// stays fast to build.
  private let hashes: [UInt64]

  /// An empty table.
  public init() { self.init(SymbolTableBuilder()) }

  /// Sorts what a builder collected.
  public init(_ builder: SymbolTableBuilder) {
    let entries = builder.entries
    let keys = entries.map(\.address)
    let order = RadixSort.sorted(Self.byRank(entries), by: keys)
    addresses = order.map { keys[Int($0)] }
    sizes = Self.sizes(of: entries, in: order)
    kinds = order.map { entries[Int($0)].kind }
    moduleOf = order.map { entries[Int($0)].module }
    modules = builder.modules
    let nameStarts = order.map { entries[Int($0)].nameStart }
    self.nameStarts = nameStarts
    names = builder.names
    let hashes = nameStarts.map { UInt64(Self.hash(nameAt: Int($0), in: builder.names)) << 32 }
    let indices = Array(0..<UInt32(clamping: hashes.count))
    self.hashes = RadixSort.sorted(indices, by: hashes).map { hashes[Int($0)] | UInt64($0) }
  }

  /// The indices of the entries, those of the best rank first.
  private static func byRank(_ entries: [SymbolTableBuilder.Entry]) -> [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(entries.count)
    for rank in 0...SymbolTableBuilder.lastRank {
      for (index, entry) in entries.enumerated() where entry.rank == rank {
        order.append(UInt32(truncatingIfNeeded: index))
      }
    }
    return order
  }

  /// The sizes, and for symbols without one the distance to the next different address.
  private static func sizes(
    of entries: [SymbolTableBuilder.Entry], in order: [UInt32]
  ) -> [UInt32] {
    var sizes = [UInt32](repeating: 0, count: order.count)
    var next = UInt64.max
    var last = UInt64.max
    for position in order.indices.reversed() {
      let entry = entries[Int(order[position])]
      if entry.address != last {
        next = last
        last = entry.address
      }
      let gap = next == .max ? largestGuess : min(next &- entry.address, largestGuess)
      sizes[position] = UInt32(clamping: entry.size ?? gap)
    }
    return sizes
  }

  /// No symbol without a size of its own is taken to be larger than this.
  private static let largestGuess: UInt64 = 0x10000

  /// The number of symbols.
  public var count: Int { addresses.count }

  /// The symbol with this index, which must be less than `count`.
  public subscript(index: Int) -> Symbol {
    Symbol(
      name: String(decoding: name(of: index), as: UTF8.self),
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

  /// Every symbol of a name, by address: static functions of different files share names.
  public func symbols(named name: String) -> [Symbol] {
    var wanted = Array(name.utf8)
    wanted.append(0)
    let hash = UInt64(Self.hash(nameAt: 0, in: wanted))
    var low = 0
    var high = hashes.count
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash << 32 { low = middle + 1 } else { high = middle }
    }
    var found: [Symbol] = []
    while low < hashes.count, hashes[low] >> 32 == hash {
      let index = Int(UInt32(truncatingIfNeeded: hashes[low]))
      if isName(of: index, wanted) { found.append(self[index]) }
      low += 1
    }
    return found
  }

  /// The kernel's own symbol of a name, or else the first module's.
  public func symbol(named name: String) -> Symbol? {
    let found = symbols(named: name)
    return found.first { $0.module == nil } ?? found.first
  }

  private func name(of index: Int) -> ArraySlice<UInt8> {
    let start = Int(nameStarts[index])
    var end = start
    while end < names.count, names[end] != 0 { end += 1 }
    return names[start..<end]
  }

  /// Whether the symbol's name is `wanted`, which ends with a NUL.
  private func isName(of index: Int, _ wanted: [UInt8]) -> Bool {
    let start = Int(nameStarts[index])
    guard names.count - start >= wanted.count else { return false }
    for offset in wanted.indices where names[start + offset] != wanted[offset] { return false }
    return true
  }

  /// FNV-1a.
  private static func hash(nameAt start: Int, in names: [UInt8]) -> UInt32 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var position = start
    while position < names.count, names[position] != 0 {
      hash = (hash ^ UInt64(names[position])) &* 0x100_0000_01b3
      position += 1
    }
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }
}

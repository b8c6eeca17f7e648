import DebugInfo
import Evidence
import KernelImage
import Memory

/// The routes that a kernel has in slab caches, each with its count.
struct RouteTable: Sendable {
  /// One `struct dst_entry`.
  struct Entry: Sendable {
    let address: VirtualAddress
    let slot: UInt32
    /// How often it is held, by its own count.
    let count: Int
    let operations: VirtualAddress
    let device: VirtualAddress
  }

  /// The routes that somebody holds, by address.
  private(set) var entries: [Entry] = []
  /// The names of the `struct dst_ops` that they have.
  private(set) var operations: [VirtualAddress: String] = [:]
  private let kernel: Kernel
  private let census: Census
  private let layout: RouteLayout
  /// What is at the place of the operations in objects that are no routes.
  private var others: Set<VirtualAddress> = []

  /// The operations whose caches are looked at; those of namespaces are copies of the templates.
  private static let known = [
    "ipv4_dst_ops", "ipv4_dst_blackhole_ops", "ip6_dst_ops_template", "ip6_dst_blackhole_ops",
    "xfrm4_dst_ops_template", "xfrm6_dst_ops_template",
  ]
  /// A count beyond this is none: no kernel has memory for as many holders.
  private static let largestCount: UInt64 = 1 << 30
  /// How many addresses are remembered to be no operations.
  private static let mostOthers = 1 << 16

  /// Reads all routes.
  init(_ kernel: Kernel, census: Census, layout: RouteLayout) {
    self.kernel = kernel
    self.census = census
    self.layout = layout
    let addresses = Set(
      Self.known.flatMap { kernel.symbols.symbols(named: $0) }
        .compactMap { kernel.pointer(layout.cache, at: $0.address) })
    for cache in census.caches.indices where addresses.contains(census.caches[cache].address) {
      for slab in census.slabsOfCache[cache] { addSlab(slab, of: census.caches[cache]) }
    }
  }

  private mutating func addSlab(_ number: Int, of cache: SlabCache) {
    let slab = census.slabs[number]
    for index in 0..<Int(slab.slots) {
      let slot = slab.firstSlot + index
      guard census.stateKind(of: slot) == .allocated,
        let entry = read(slab.object(index), slot: slot, of: cache)
      else { continue }
      entries.append(entry)
    }
  }

  private mutating func read(
    _ address: VirtualAddress, slot: Int, of cache: SlabCache
  ) -> Entry? {
    guard let operations = kernel.pointer(layout.operations, at: address),
      areOperations(operations, of: cache), let count = count(at: address),
      let device = kernel.pointer(layout.device, at: address)
    else { return nil }
    return Entry(
      address: address, slot: UInt32(truncatingIfNeeded: slot), count: count,
      operations: operations, device: device)
  }

  /// Whether there are operations that take their routes from this cache: other objects of a merged
  /// cache have something else there.
  private mutating func areOperations(_ address: VirtualAddress, of cache: SlabCache) -> Bool {
    if operations[address] != nil { return true }
    guard !others.contains(address) else { return false }
    if kernel.pointer(layout.cache, at: address) == cache.address, let name = name(of: address) {
      operations[address] = name
      return true
    }
    if others.count < Self.mostOthers { others.insert(address) }
    return false
  }

  /// The name of operations: that of a variable, or of a member of a network namespace.
  private func name(of address: VirtualAddress) -> String? {
    let symbol = kernel.symbols.reference(to: address)
    if let symbol, symbol.offset == 0 { return symbol.symbol.name }
    guard let start = symbol?.symbol.address ?? object(at: address) else { return nil }
    let offset = address.offset(from: start)
    return layout.ownOperations.first { UInt64($0.place) == offset }?.name
  }

  private func object(at address: VirtualAddress) -> VirtualAddress? {
    census.object(containing: address).map { census.address(of: $0) }
  }

  /// A count of 1 or more; nil for a route that nobody holds and for what is no count.
  private func count(at address: VirtualAddress) -> Int? {
    let count: UInt64
    switch layout.count {
    case .plain(let field):
      guard let value = kernel.value(field, at: address) else { return nil }
      count = value
    case .lessOne(let field):
      // From RCUREF_SATURATED to RCUREF_NOREF it is dead, or nobody knows how often it is held.
      guard let value = kernel.value(field, at: address), value <= Self.largestCount else {
        return nil
      }
      count = value + 1
    }
    return (1...Self.largestCount).contains(count) ? Int(count) : nil
  }
}

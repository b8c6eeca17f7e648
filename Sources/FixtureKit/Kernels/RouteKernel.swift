import DebugInfo
public import Evidence
public import KernelImage
public import Memory

/// A small kernel with devices, routes, and what holds them.
///
///     var kernel = RouteKernel(.v5_10)
///     let device = kernel.addDevice("eth0")
///     let route = kernel.addSixRoute(on: device, to: network)
///     kernel.keep(route)  // in a socket
///     kernel.hold(route)  // and forget it
///
/// Counts are kept as the kernel does it. Routes of IPv6 are in a cache that was merged into that of
/// open files.
public struct RouteKernel: Sendable {
  /// A destination of IPv6.
  public struct Network: Hashable, Sendable {
    let address: [UInt8]
    let length: UInt64

    /// The 16 bytes of an address, of which the first `length` bits count.
    public init(_ address: [UInt8], length: UInt64) {
      self.address = address
      self.length = length
    }
  }

  /// The slabs, in the order of their caches.
  private enum Run: Int, CaseIterable {
    case sixRoutes, fourRoutes, spaces, others

    var layout: (name: String, aliases: [String], slotSize: Int) {
      switch self {
      case .sixRoutes: ("filp", ["ip6_dst_cache"], 256)
      case .fourRoutes: ("ip_dst_cache", [], 192)
      case .spaces: ("net_namespace", [], 512)
      case .others: ("kmalloc-64", [], 64)
      }
    }
  }

  /// The kernel's memory.
  public var memory: StructureImage
  private let era: RouteEra
  private var symbols = SymbolTableBuilder()
  private let starts: [VirtualAddress]
  /// The `struct kmem_cache` of each run.
  private let caches: [VirtualAddress]
  private var used = [Int](repeating: 0, count: Run.allCases.count)
  private var counts: [VirtualAddress: UInt64] = [:]
  private let firstSpace: VirtualAddress
  private let fourOperations: VirtualAddress
  private let uncached: VirtualAddress

  private static let slots = 1024

  /// A machine without devices.
  public init(_ era: RouteEra) {
    self.era = era
    var memory = StructureImage(era.types, frameCount: 1024)
    starts = Run.allCases.map { run in
      memory.allocate(run.layout.slotSize * Self.slots, alignment: 4096)
    }
    caches = Run.allCases.map { _ in memory.allocate(64) }
    firstSpace = memory.allocate("net")
    fourOperations = memory.allocate("dst_ops")
    uncached = memory.allocate(16)
    self.memory = memory
    let template = self.memory.allocate("dst_ops")
    for (name, address, size) in [
      ("init_net", firstSpace, 512), ("ipv4_dst_ops", fourOperations, 128),
      ("ip6_dst_ops_template", template, 128),
    ] {
      symbols.add(Symbol(name: name, address: address, size: UInt64(size), kind: .object))
    }
    setCache(.fourRoutes, of: fourOperations)
    setCache(.sixRoutes, of: template)
    setCache(.sixRoutes, of: operations(of: firstSpace))
  }

  private mutating func setCache(_ run: Run, of operations: VirtualAddress) {
    memory.set("dst_ops", at: operations, "kmem_cachep", to: caches[run.rawValue])
  }

  private func operations(of space: VirtualAddress) -> VirtualAddress {
    memory.place("net", at: space, "ipv6.ip6_dst_ops")
  }

  /// Adds a network namespace beside the first one.
  public mutating func addSpace() -> VirtualAddress {
    let space = take(.spaces)
    setCache(.sixRoutes, of: operations(of: space))
    return space
  }

  /// Adds a device, or the one that routes of removed devices are moved to.
  public mutating func addDevice(_ name: String, isBlackhole: Bool = false) -> VirtualAddress {
    let device = memory.allocate("net_device")
    memory.write(Array(name.utf8), at: device)
    if isBlackhole {
      let variable = memory.allocate(8)
      memory.write(device.rawValue, at: variable)
      symbols.add(Symbol(name: "blackhole_netdev", address: variable, size: 8, kind: .object))
    }
    return device
  }

  /// Adds a route of the kernel's table of IPv6, from which others are made.
  public mutating func addOrigin(to network: Network) -> VirtualAddress {
    let origin = memory.allocate("fib6_info")
    write(network, at: memory.place("fib6_info", at: origin, "fib6_dst"))
    return origin
  }

  /// Adds a `struct rt6_info` that nobody holds, in a namespace or in the first.
  public mutating func addSixRoute(
    on device: VirtualAddress, to network: Network, from origin: VirtualAddress? = nil,
    in space: VirtualAddress? = nil
  ) -> VirtualAddress {
    let route = add(.sixRoutes, operations: operations(of: space ?? firstSpace), on: device)
    if let origin { memory.set("rt6_info", at: route, "from", to: origin) }
    write(network, at: memory.place("rt6_info", at: route, "rt6i_dst"))
    return route
  }

  /// Adds a `struct rtable` that nobody holds, through a gateway or not.
  public mutating func addFourRoute(
    on device: VirtualAddress, gateway: [UInt8] = [], kind: UInt64 = 1
  ) -> VirtualAddress {
    let route = add(.fourRoutes, operations: fourOperations, on: device)
    memory.set("rtable", at: route, "rt_type", kind)
    guard !gateway.isEmpty else { return route }
    memory.set("rtable", at: route, "rt_uses_gateway", 1)
    memory.set("rtable", at: route, "rt_gw_family", gateway.count == 4 ? 2 : 10)
    let member = era.hasGatewayFamilies ? "rt_gw4" : "rt_gateway"
    memory.write(gateway, at: memory.place("rtable", at: route, member))
    return route
  }

  private mutating func add(
    _ run: Run, operations: VirtualAddress, on device: VirtualAddress
  ) -> VirtualAddress {
    let route = take(run)
    memory.set("dst_entry", at: route, "dev", to: device)
    memory.set("dst_entry", at: route, "ops", to: operations)
    setCount(of: route)
    // A list leads to the link in it.
    memory.write(
      memory.place("dst_entry", at: route, "rt_uncached").rawValue,
      at: take(.others).advanced(by: 8))
    return route
  }

  private mutating func write(_ network: Network, at key: VirtualAddress) {
    memory.write(network.address, at: key)
    memory.set("rt6key", at: key, "plen", network.length)
  }

  /// Adds an open file, which shares its cache with routes.
  public mutating func addFile() {
    let file = take(.sixRoutes)
    memory.write(1, at: file)
    memory.write(uncached.rawValue, at: file.advanced(by: 8))
  }

  /// Takes references to a route that nothing has.
  public mutating func hold(_ route: VirtualAddress, times: UInt64 = 1) {
    counts[route, default: 0] += times
    setCount(of: route)
  }

  /// Writes the address of a route into an object of another kind, which holds it; or only borrows
  /// it, and marks the pointer so.
  public mutating func keep(_ route: VirtualAddress, isBorrowed: Bool = false) {
    memory.write(
      isBorrowed ? route.rawValue | 1 : route.rawValue, at: take(.others).advanced(by: 16))
    if !isBorrowed { hold(route) }
  }

  /// Writes a number in place of a route's count.
  public mutating func setCount(of route: VirtualAddress, to number: UInt32) {
    memory.set("dst_entry", at: route, "__refcnt.counter", UInt64(number))
    memory.set("dst_entry", at: route, "__rcuref.refcnt.counter", UInt64(number))
  }

  private mutating func setCount(of route: VirtualAddress) {
    let count = UInt32(truncatingIfNeeded: counts[route] ?? 0)
    setCount(of: route, to: era.hasRCUCounts ? count &- 1 : count)
  }

  /// The kernel, and the census of its slabs; without the page frames in `lost`.
  public func opened(without lost: Set<PageFrame> = []) -> (kernel: Kernel, census: Census) {
    var builder = CensusBuilder(
      caches: Run.allCases.map { run in
        let (name, aliases, size) = run.layout
        return SlabCache(
          name: name, aliases: aliases, sharers: aliases.count + 1, address: caches[run.rawValue],
          objectSize: size, slotSize: size, objectsPerSlab: Self.slots)
      })
    for run in Run.allCases {
      let (size, start) = (run.layout.slotSize, starts[run.rawValue])
      let slab = builder.addSlab(
        cache: run.rawValue, firstPage: start, pages: Self.slots * size / 4096, firstObject: start,
        slots: Self.slots, slotSize: size)
      for slot in used[run.rawValue]..<Self.slots {
        builder.set(builder.slabs[slab].firstSlot + slot, to: .free(.slab))
      }
    }
    let kernel = memory.kernel(release: era.description, symbols: symbols, without: lost)
    return (kernel, Census(builder))
  }

  private mutating func take(_ run: Run) -> VirtualAddress {
    precondition(used[run.rawValue] < Self.slots, "the slab is full")
    used[run.rawValue] += 1
    return starts[run.rawValue].advanced(by: (used[run.rawValue] - 1) * run.layout.slotSize)
  }
}

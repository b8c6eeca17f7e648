/// A part of the kernel's address space.
public struct AddressRegion: Hashable, Sendable {
  /// What a part of the address space is for.
  public enum Use: String, Hashable, Sendable {
    /// All physical memory, one to one.
    case directMap
    /// The array of `struct page`.
    case pageStructs
    /// `vmalloc`, `vmap`, `ioremap` and virtually mapped stacks.
    case vmalloc
    /// Loadable modules.
    case modules
    /// The kernel's own code and data.
    case kernelImage
    /// Per-CPU variables, as offsets or as addresses of the CPUs' copies.
    case perCPU
    /// User space.
    case user
  }

  /// What it is for.
  public let use: Use
  /// Its addresses.
  ///
  /// The last address of the address space cannot be told and is left out.
  public let range: Range<VirtualAddress>

  /// Describes a region.
  public init(_ use: Use, _ range: Range<VirtualAddress>) {
    self.use = use
    self.range = range
  }
}

/// What the parts of the kernel's address space are for.
public struct AddressSpace: Hashable, Sendable {
  private let regions: [AddressRegion]

  /// Takes regions in any order.
  ///
  /// Where two overlap, the one that is named first counts.
  public init(_ regions: [AddressRegion]) { self.regions = regions.filter { !$0.range.isEmpty } }

  /// What an address is for, or nil when it lies in no known region.
  public func use(of address: VirtualAddress) -> AddressRegion.Use? {
    for region in regions where region.range.contains(address) { return region.use }
    return nil
  }
}

public import Memory

/// A part of the kernel's address space and what it is for.
public struct KernelRegion: Hashable, Sendable {
  /// What a part of the address space is for.
  public enum Use: String, Hashable, Sendable, CaseIterable {
    /// The CPUs' copies of per-CPU variables, or the addresses that stand for all copies.
    case perCPU
    /// The kernel's own code and data.
    case kernelImage
    /// Loadable modules.
    case modules
    /// The array of `struct page`.
    case pageStructs
    /// All physical memory, one to one.
    case directMap
    /// `vmalloc`, `vmap`, `ioremap` and virtually mapped stacks.
    case vmalloc
    /// User space.
    case user
  }

  /// What it is for.
  public let use: Use
  /// Its addresses, none of which is the last of the address space.
  public let range: Range<VirtualAddress>

  /// Describes a region.
  public init(_ use: Use, _ range: Range<VirtualAddress>) {
    self.use = use
    self.range = range
  }
}

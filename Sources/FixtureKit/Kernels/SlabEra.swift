/// What distinguishes the slab allocators of different kernels, as data.
public struct SlabEra: Hashable, Sendable, CustomStringConvertible {
  /// How a slab's first page is told from others.
  public enum Mark: Hashable, Sendable {
    /// A page flag, until v6.9.
    case flag
    /// A bit of the page type that is clear, v6.10 and v6.11.
    case typeBit
    /// The top byte of the page type, since v6.12.
    case typeByte
  }

  /// Where a cache has its sheaves.
  public enum Sheaves: Hashable, Sendable {
    /// It has none, until v6.17.
    case none
    /// With barns in `struct kmem_cache_node`, v6.18 to v7.0.
    case inNode
    /// With barns beside the nodes, since v7.1.
    case besideNode
  }

  /// The kernel version that stands for the era, such as `SLUB 6.1`.
  public let description: String
  /// SLUB, or else SLAB.
  public let isSLUB: Bool
  /// Whether `struct slab` lies over the first `struct page`, since v5.17.
  public let hasStructSlab: Bool
  /// How slabs are told.
  public let mark: Mark
  /// Whether CPUs own slabs: SLUB until v6.19 without CONFIG_SLUB_TINY.
  public let hasCPUSlabs: Bool
  /// The sheaves.
  public let sheaves: Sheaves
  /// Whether memory cgroups have caches of their own, which name the cache they stem from: until
  /// v5.8.
  public private(set) var hasChildCaches = false

  /// Whether it is v6.10 or later: `kfree_rcu` has lists of blocks, KFENCE allocates its metadata.
  var isRecent: Bool { mark != .flag }

  /// Whether SLUB can have RCU free objects for it: CONFIG_SLUB_RCU_DEBUG, since v6.12.
  public var delaysFrees: Bool { isSLUB && mark == .typeByte }

  /// Whether slabs can name the line of code that allocated each object: since v6.10.
  var hasCodeTags: Bool { isSLUB && isRecent }

  /// Whether slabs tell how far what they keep beside objects lies apart, and groups have records
  /// for each node of memory: since v7.1.
  var hasStrides: Bool { sheaves == .besideNode }

  /// SLUB with caches of memory cgroups.
  public static let slub4_19 = SlabEra(
    description: "SLUB 4.19", isSLUB: true, hasStructSlab: false, mark: .flag, hasCPUSlabs: true,
    sheaves: .none, hasChildCaches: true)
  /// SLUB with its fields in `struct page`.
  public static let slub5_10 = SlabEra(
    description: "SLUB 5.10", isSLUB: true, hasStructSlab: false, mark: .flag, hasCPUSlabs: true,
    sheaves: .none)
  /// SLUB with `struct slab`.
  public static let slub6_1 = SlabEra(
    description: "SLUB 6.1", isSLUB: true, hasStructSlab: true, mark: .flag, hasCPUSlabs: true,
    sheaves: .none)
  /// SLUB built for tiny machines: without slabs of CPUs.
  public static let slubTiny6_6 = SlabEra(
    description: "SLUB_TINY 6.6", isSLUB: true, hasStructSlab: true, mark: .flag,
    hasCPUSlabs: false, sheaves: .none)
  /// SLUB with a bit of the page type.
  public static let slub6_11 = SlabEra(
    description: "SLUB 6.11", isSLUB: true, hasStructSlab: true, mark: .typeBit, hasCPUSlabs: true,
    sheaves: .none)
  /// SLUB with a number as page type.
  public static let slub6_12 = SlabEra(
    description: "SLUB 6.12", isSLUB: true, hasStructSlab: true, mark: .typeByte,
    hasCPUSlabs: true, sheaves: .none)
  /// SLUB with both slabs of CPUs and sheaves.
  public static let slub6_18 = SlabEra(
    description: "SLUB 6.18", isSLUB: true, hasStructSlab: true, mark: .typeByte,
    hasCPUSlabs: true, sheaves: .inNode)
  /// SLUB with sheaves only.
  public static let slub7_1 = SlabEra(
    description: "SLUB 7.1", isSLUB: true, hasStructSlab: true, mark: .typeByte,
    hasCPUSlabs: false, sheaves: .besideNode)
  /// SLAB with its fields in `struct page`.
  public static let slab5_10 = SlabEra(
    description: "SLAB 5.10", isSLUB: false, hasStructSlab: false, mark: .flag,
    hasCPUSlabs: false, sheaves: .none)
  /// SLAB with `struct slab`.
  public static let slab6_1 = SlabEra(
    description: "SLAB 6.1", isSLUB: false, hasStructSlab: true, mark: .flag, hasCPUSlabs: false,
    sheaves: .none)

  /// All of them.
  public static let all: [SlabEra] = [
    .slub4_19, .slub5_10, .slub6_1, .slubTiny6_6, .slub6_11, .slub6_12, .slub6_18, .slub7_1,
    .slab5_10,
    .slab6_1,
  ]
}

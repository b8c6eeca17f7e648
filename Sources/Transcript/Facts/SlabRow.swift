/// Where a listing found a slab.
public enum SlabSite: Hashable, Sendable {
  /// On a node's lists, or anywhere that is not told.
  case listed
  /// SLUB: the slab that a CPU allocates from.
  case cpu(Int)
  /// SLUB: a CPU's partial slabs.
  case cpuPartial(Int)
  /// SLUB: a node's partial slabs, whose objects crash does not list.
  case nodePartial
  /// SLUB with `SLAB_STORE_USER`: a node's full slabs, whose objects crash does not list.
  case nodeFull
}

/// A row of a slab in `kmem -S` or `kmem ADDR`.
public struct SlabRow: Hashable, Sendable {
  /// The index of its cache in `SessionFacts.caches`, or nil when the text does not show it.
  public let cache: Int?
  /// SLAB: the address of its `struct slab` or `struct page`.
  public let descriptor: UInt64
  /// MEMORY: the address of its first page, or nil when the text begins behind the row.
  public let memory: UInt64?
  /// TOTAL: the objects it has room for.
  public let total: Int?
  /// ALLOCATED.
  public let allocated: Int?
  /// FREE.
  public let free: Int?
  /// Where it was found.
  public let site: SlabSite
  /// The first of the objects listed below it, in `SessionFacts.objects`; they end where those of
  /// the next slab begin.
  public let firstObject: Int
}

/// The objects that listings show, as columns.
public struct ListedObjects: Hashable, Sendable {
  /// What a listing says of an object.
  public enum Mark: UInt8, Hashable, Sendable {
    /// In brackets.
    case allocated
    /// Without brackets.
    case free
    /// `(cpu N cache)`.
    case cpuCache
    /// `(shared cache)`.
    case sharedCache
  }

  /// Their addresses.
  public private(set) var addresses: [UInt64] = []
  private var marks: [UInt8] = []

  /// The number of objects.
  public var count: Int { addresses.count }

  /// What the listing says of an object.
  public func mark(_ index: Int) -> Mark { Mark(rawValue: marks[index]) ?? .allocated }

  mutating func append(_ address: UInt64, _ mark: Mark) {
    addresses.append(address)
    marks.append(mark.rawValue)
  }
}

/// Where a listing found a slab.
public enum SlabSite: Hashable, Sendable {
  /// On a node's lists, or anywhere that is not told.
  case listed
  /// SLUB: the slab that a CPU allocates from.
  case cpu(Int32)
  /// SLUB: a CPU's partial slabs.
  case cpuPartial(Int32)
  /// SLUB: a node's partial slabs, whose objects crash does not list.
  case nodePartial
  /// SLUB with `SLAB_STORE_USER`: a node's full slabs, whose objects crash does not list.
  case nodeFull
}

/// A row of a slab in `kmem -S` or `kmem ADDR`.
///
/// A text may have millions: numbers are kept in 32 bits, with -1 for none.
public struct SlabRow: Hashable, Sendable {
  /// SLAB: the address of its `struct slab` or `struct page`; 0 when there is no row.
  public let descriptor: UInt64
  private let start: UInt64
  /// The first of the objects listed below it, in `SessionFacts.objects`; they end where those of
  /// the next slab begin.
  public let firstObject: Int
  private let cacheNumber: Int32
  private let totalCount: Int32
  private let allocatedCount: Int32
  private let freeCount: Int32
  /// Where it was found.
  public let site: SlabSite

  init(
    cache: Int?, site: SlabSite, firstObject: Int, descriptor: UInt64 = 0, memory: UInt64 = 0,
    total: Int? = nil, allocated: Int? = nil, free: Int? = nil
  ) {
    func narrow(_ value: Int?) -> Int32 { value.flatMap { Int32(exactly: $0) } ?? -1 }
    self.descriptor = descriptor
    start = memory
    self.firstObject = firstObject
    self.site = site
    cacheNumber = narrow(cache)
    totalCount = narrow(total)
    allocatedCount = narrow(allocated)
    freeCount = narrow(free)
  }

  /// The index of its cache in `SessionFacts.caches`, or nil when the text does not show it.
  public var cache: Int? { Self.number(cacheNumber) }
  /// MEMORY: the address of its first page, or nil when the text begins behind the row.
  public var memory: UInt64? { start == 0 ? nil : start }
  /// TOTAL: the objects it has room for.
  public var total: Int? { Self.number(totalCount) }
  /// ALLOCATED.
  public var allocated: Int? { Self.number(allocatedCount) }
  /// FREE.
  public var free: Int? { Self.number(freeCount) }

  private static func number(_ value: Int32) -> Int? { value < 0 ? nil : Int(value) }
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

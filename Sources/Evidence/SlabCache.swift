public import DebugInfo
public import Memory

/// A slab cache: the kernel's `struct kmem_cache`.
public struct SlabCache: Hashable, Sendable {
  /// Its name, as `/proc/slabinfo` shows it.
  ///
  /// Names can repeat; the address does not.
  public var name: String
  /// Other names that were merged into it, sorted.
  public var aliases: [String]
  /// The static variables, or places in them, that hold its address.
  public var variables: [SymbolReference]
  /// The cache of the same name that it belongs to, if it only has the objects of one memory cgroup.
  public var root: VirtualAddress?
  /// How many caches share it, as its reference count tells; 1 for a cache of its own.
  public var sharers: Int
  /// The address of its `struct kmem_cache`.
  public var address: VirtualAddress
  /// The size that its users asked for, in bytes.
  public var objectSize: Int
  /// The distance from one object to the next in a slab, in bytes: with red zones and the like.
  public var slotSize: Int
  /// The objects in one of its slabs of the usual order.
  public var objectsPerSlab: Int
  /// How many objects that count as allocated may be free or pending: at most as many as the lists
  /// hold that could not be read.
  public var overcount: Int
  /// What went wrong with the cache as a whole; empty when nothing did.
  public var faults: [Fault]

  /// Describes a cache.
  public init(
    name: String, aliases: [String] = [], variables: [SymbolReference] = [],
    root: VirtualAddress? = nil, sharers: Int = 1, address: VirtualAddress, objectSize: Int,
    slotSize: Int, objectsPerSlab: Int,
    overcount: Int = 0, faults: [Fault] = []
  ) {
    self.name = name
    self.aliases = aliases
    self.variables = variables
    self.root = root
    self.sharers = sharers
    self.address = address
    self.objectSize = objectSize
    self.slotSize = slotSize
    self.objectsPerSlab = objectsPerSlab
    self.overcount = overcount
    self.faults = faults
  }
}

/// A run of objects of one size that a cache keeps in contiguous pages.
public struct Slab: Hashable, Sendable, BitwiseCopyable {
  /// The address of its first object: behind a left red zone, where there is one.
  public var firstObject: VirtualAddress
  /// The address of the first of its pages.
  public var firstPage: VirtualAddress
  /// How many pages it has.
  public var pages: UInt32
  /// The index of its cache in `Census.caches`.
  public var cache: UInt32
  /// The index of its first slot in the census.
  public var firstSlot: Int
  /// How many objects it has room for.
  public var slots: UInt32
  /// The distance from one object to the next, in bytes.
  public var slotSize: UInt32

  /// Describes a slab.
  public init(
    firstObject: VirtualAddress, firstPage: VirtualAddress, pages: UInt32, cache: UInt32,
    firstSlot: Int, slots: UInt32, slotSize: UInt32
  ) {
    self.firstObject = firstObject
    self.firstPage = firstPage
    self.pages = pages
    self.cache = cache
    self.firstSlot = firstSlot
    self.slots = slots
    self.slotSize = slotSize
  }

  /// The address of the object in slot `index` of this slab.
  @inlinable public func object(_ index: Int) -> VirtualAddress {
    firstObject.advanced(by: UInt64(index) &* UInt64(slotSize))
  }
}

/// Something in a cache or slab that cannot be as it should.
public struct Fault: Error, Hashable, Sendable {
  /// What kind of thing is wrong.
  public enum Kind: String, Hashable, Sendable {
    /// Memory that is needed is not in the dump.
    case absent
    /// A freelist leaves its slab or points between objects.
    case wildPointer
    /// A freelist comes back to an object it has passed.
    case cycle
    /// Two free lists hold the same object.
    case doubleFree
    /// Two counts of the same thing differ.
    case mismatch
    /// A size, order or count is not possible.
    case impossible
  }

  /// What kind of thing is wrong.
  public let kind: Kind
  /// Where, if it is in one place.
  public let address: VirtualAddress?
  /// What is wrong in one clause, such as `freelist leaves the slab at slot 7`.
  public let summary: String

  /// Describes a fault.
  public init(_ kind: Kind, at address: VirtualAddress? = nil, _ summary: String) {
    self.kind = kind
    self.address = address
    self.summary = summary
  }
}

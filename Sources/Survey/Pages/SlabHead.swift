import Memory

/// What the `struct page` of a slab's first page says, as it stands in the dump.
struct SlabHead: Sendable, BitwiseCopyable {
  /// The page.
  let frame: PageFrame
  /// The cache it names.
  let cache: VirtualAddress
  /// SLUB: the first free object; SLAB: the array of free indices.
  let freelist: VirtualAddress
  /// SLAB: the first object; 0 in SLUB.
  let start: VirtualAddress
  /// SLUB: how many objects there are; 0 in SLAB.
  let objects: UInt32
  /// How many of them are in use.
  let inUse: UInt32
  /// SLUB: whether a CPU owns the slab.
  let isFrozen: Bool
}

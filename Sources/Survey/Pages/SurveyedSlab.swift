import Memory

/// A slab of the dump: where its slots are, and what its `struct page` says of them.
struct SurveyedSlab: Sendable, BitwiseCopyable {
  /// The first page.
  let frame: PageFrame
  /// How many pages it has.
  let pages: UInt32
  /// The index of its cache.
  let cache: Int32
  /// Where free lists point to for slot 0: the first object, but in SLAB before any debug data.
  let firstPointer: VirtualAddress
  /// The first object.
  let firstObject: VirtualAddress
  /// How many objects it has room for.
  let slots: UInt32
  /// The distance from one object to the next, in bytes.
  let slotSize: UInt32
  /// SLUB: the first free object; SLAB: the array of free indices.
  let freelist: VirtualAddress
  /// How many objects are in use.
  let inUse: UInt32
  /// SLUB: whether a CPU owns the slab.
  let isFrozen: Bool

  /// The slot that a pointer on a free list stands for; nil for one that no free list can hold.
  func slot(of pointer: VirtualAddress) -> Int? {
    let offset = pointer.offset(from: firstPointer)
    guard offset < UInt64(slots) * UInt64(slotSize) else { return nil }
    let (slot, rest) = offset.quotientAndRemainder(dividingBy: UInt64(slotSize))
    return rest == 0 ? Int(slot) : nil
  }

  /// The pointer by which a free list holds a slot.
  func pointer(to slot: Int) -> VirtualAddress {
    firstPointer.advanced(by: UInt64(slot) &* UInt64(slotSize))
  }
}

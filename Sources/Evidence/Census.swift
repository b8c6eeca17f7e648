public import Memory

/// Every slot of every slab, each in exactly one state.
///
/// Slots are numbered through all slabs; a slot's state takes two bits. Where an object is free
/// other than on its slab's own freelist, pending or indeterminate, a `Reason` says so.
public struct Census: Sendable {
  /// Why a slot is in its state, where two bits do not tell.
  private struct Reason: Sendable, BitwiseCopyable {
    let slot: Int
    /// A `FreeSite`, a `PendingSite` or an index into `Census.faults`, by the slot's state.
    let code: UInt32
  }

  /// The caches, in the kernel's own order.
  public let caches: [SlabCache]
  /// The slabs, by the address of their first page.
  public let slabs: [Slab]
  /// What went wrong with single slabs.
  public let faults: [Fault]
  /// For each cache, the indices into `faults` of what went wrong with its slabs.
  public let slabFaults: [[Int]]
  /// For each cache, how many of its slots are in each state.
  public let counts: [StateCounts]
  /// For each cache, the indices into `slabs` of its slabs, ascending.
  public let slabsOfCache: [[Int]]
  /// The number of slots in all slabs.
  public let slotCount: Int
  private let states: [UInt64]
  private let reasons: [Reason]
  private let index: SlabIndex

  /// The census that a builder collected.
  public init(_ builder: CensusBuilder) {
    caches = builder.caches
    slabs = builder.slabs
    faults = builder.faults
    slabFaults = builder.slabFaults
    slotCount = builder.slotCount
    states = builder.states
    reasons = builder.reasons.map { Reason(slot: $0, code: $1) }.sorted { $0.slot < $1.slot }
    var counts = [StateCounts](repeating: StateCounts(), count: builder.caches.count)
    var slabsOfCache = [[Int]](repeating: [], count: builder.caches.count)
    for (number, slab) in builder.slabs.enumerated() {
      slabsOfCache[Int(slab.cache)].append(number)
      for slot in slab.firstSlot..<(slab.firstSlot + Int(slab.slots)) {
        counts[Int(slab.cache)].count(builder.stateKind(of: slot))
      }
    }
    self.counts = counts
    self.slabsOfCache = slabsOfCache
    index = SlabIndex(builder.slabs)
  }

  /// The kind of state that a slot is in.
  @inline(__always) public func stateKind(of slot: Int) -> ObjectStateKind {
    ObjectStateKind(rawValue: UInt8(states[slot / 32] >> UInt64(slot % 32 * 2) & 3))
      ?? .indeterminate
  }

  /// The state of a slot, which must be less than `slotCount`.
  public func state(of slot: Int) -> ObjectState {
    let code = reason(of: slot)
    return switch stateKind(of: slot) {
    case .allocated: .allocated
    case .free: .free(code.flatMap { FreeSite(rawValue: UInt8($0)) } ?? .slab)
    case .pending: .pending(code.flatMap { PendingSite(rawValue: UInt8($0)) } ?? .kfreeRCU)
    case .indeterminate: .indeterminate(fault: Int(code ?? 0))
    }
  }

  private func reason(of slot: Int) -> UInt32? {
    var low = 0
    var high = reasons.count
    while low < high {
      let middle = (low + high) / 2
      if reasons[middle].slot < slot { low = middle + 1 } else { high = middle }
    }
    return low < reasons.count && reasons[low].slot == slot ? reasons[low].code : nil
  }

  /// The object that an address lies in, or nil when it lies in no slot of a slab.
  public func object(containing address: VirtualAddress) -> ObjectReference? {
    guard let number = index.slab(containing: address) else { return nil }
    let slab = slabs[number]
    guard address >= slab.firstObject, slab.slotSize > 0 else { return nil }
    let (position, offset) = address.offset(from: slab.firstObject)
      .quotientAndRemainder(dividingBy: UInt64(slab.slotSize))
    guard position < UInt64(slab.slots) else { return nil }
    return ObjectReference(slab: number, index: Int(position), offset: Int(offset))
  }

  /// The index of the slab whose pages hold an address, or nil when none do.
  public func slab(containing address: VirtualAddress) -> Int? { index.slab(containing: address) }

  /// The slot of an object.
  public func slot(of object: ObjectReference) -> Int {
    slabs[object.slab].firstSlot + object.index
  }

  /// The object in a slot, or nil when no slab has that slot.
  public func object(inSlot slot: Int) -> ObjectReference? {
    guard slot >= 0, slot < slotCount else { return nil }
    var low = 0
    var high = slabs.count
    while low < high {
      let middle = (low + high) / 2
      if slabs[middle].firstSlot + Int(slabs[middle].slots) <= slot {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return ObjectReference(slab: low, index: slot - slabs[low].firstSlot, offset: 0)
  }

  /// The address of the object that a reference leads to, without its offset.
  public func address(of object: ObjectReference) -> VirtualAddress {
    slabs[object.slab].object(object.index)
  }

  /// Everything that went wrong with a cache: as a whole, then with its slabs.
  public func faults(ofCache cache: Int) -> [Fault] {
    caches[cache].faults + slabFaults[cache].map { faults[$0] }
  }

  /// The indices of the caches of a name or alias.
  public func caches(named name: String) -> [Int] {
    caches.indices.filter { caches[$0].name == name || caches[$0].aliases.contains(name) }
  }

  /// Traps when totals do not reconcile: a check for tests and debug builds.
  public func checkInvariants() {
    precondition(counts.reduce(0) { $0 + $1.total } == slotCount, "a slot is in no cache")
    var next = 0
    for slab in slabs {
      precondition(slab.firstSlot == next, "slots are not numbered through")
      next += Int(slab.slots)
    }
    precondition(next == slotCount, "a slot is in no slab")
    for reason in reasons {
      precondition(reason.slot < slotCount && stateKind(of: reason.slot) != .allocated)
    }
  }
}

/// An address as an object and an offset into its slot.
public struct ObjectReference: Hashable, Sendable, BitwiseCopyable {
  /// The index of the slab in `Census.slabs`.
  public let slab: Int
  /// The index of the object in its slab.
  public let index: Int
  /// How many bytes into its slot the address lies.
  public let offset: Int
}

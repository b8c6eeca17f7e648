public import DebugInfo
public import Memory

/// Collects caches, slabs and the states of their slots for a `Census`.
///
/// Slabs are added in the order of their first pages; every slot starts as allocated.
public struct CensusBuilder: Sendable {
  /// The caches, as given.
  public private(set) var caches: [SlabCache]
  /// The slabs added so far.
  public private(set) var slabs: [Slab] = []
  var faults: [Fault] = []
  var slabFaults: [[Int]]
  var states: [UInt64] = []
  var reasons: [Int: UInt32] = [:]
  /// No slot behind this one has a reason: millions need not be looked for.
  private var lastReason = -1
  /// The number of slots of all slabs added so far.
  public private(set) var slotCount = 0

  /// No kernel allocates a slab of more pages than this: 2^10 is the largest order of the page
  /// allocator by default, 2^16 leaves room.
  private static let largestSlab = 1 << 16

  /// Starts with caches that have no slabs.
  public init(caches: [SlabCache]) {
    self.caches = caches
    slabFaults = Array(repeating: [], count: caches.count)
  }

  /// Adds a slab with all its slots allocated and returns its index.
  ///
  /// `firstPage` must not lie below that of the slab before, and `cache` must be a cache's index.
  @discardableResult public mutating func addSlab(
    cache: Int, firstPage: VirtualAddress, pages: Int, firstObject: VirtualAddress, slots: Int,
    slotSize: Int
  ) -> Int {
    precondition(caches.indices.contains(cache) && slots >= 0)
    precondition(slabs.last.map { $0.firstPage <= firstPage } ?? true, "slabs out of order")
    slabs.append(
      Slab(
        firstObject: firstObject, firstPage: firstPage,
        pages: UInt32(min(max(pages, 1), Self.largestSlab)),
        cache: UInt32(cache), firstSlot: slotCount, slots: UInt32(slots),
        slotSize: UInt32(clamping: slotSize)))
    slotCount += slots
    let words = (slotCount + 31) / 32
    if words > states.count {
      states.append(contentsOf: repeatElement(0, count: words - states.count))
    }
    return slabs.count - 1
  }

  /// The kind of state that a slot is in so far.
  public func stateKind(of slot: Int) -> ObjectStateKind {
    ObjectStateKind(rawValue: UInt8(states[slot / 32] >> UInt64(slot % 32 * 2) & 3))
      ?? .indeterminate
  }

  /// Puts a slot in a state; the last call for a slot counts.
  public mutating func set(_ slot: Int, to state: ObjectState) {
    switch state {
    case .allocated: store(.allocated, nil, slot)
    case .free(let site): store(.free, site == .slab ? nil : UInt32(site.rawValue), slot)
    case .pending(let site): store(.pending, UInt32(site.rawValue), slot)
    // Fault 0 is what a slot without a reason has.
    case .indeterminate(let fault):
      store(.indeterminate, fault == 0 ? nil : UInt32(fault), slot)
    }
  }

  private mutating func store(_ kind: ObjectStateKind, _ reason: UInt32?, _ slot: Int) {
    let shift = UInt64(slot % 32 * 2)
    states[slot / 32] = states[slot / 32] & ~(3 << shift) | UInt64(kind.rawValue) << shift
    if let reason {
      reasons[slot] = reason
      lastReason = max(lastReason, slot)
    } else if slot <= lastReason {
      reasons[slot] = nil
    }
  }

  /// Records what is wrong with a slab and returns the index that names the fault.
  public mutating func addFault(_ fault: Fault, toSlab slab: Int) -> Int {
    addFault(fault, slabOfCache: Int(slabs[slab].cache))
  }

  /// Records what is wrong with a slab of a cache that could not be added.
  @discardableResult public mutating func addFault(_ fault: Fault, slabOfCache cache: Int) -> Int {
    faults.append(fault)
    slabFaults[cache].append(faults.count - 1)
    return faults.count - 1
  }

  /// Records what is wrong with a cache as a whole.
  public mutating func addFault(_ fault: Fault, toCache cache: Int) {
    caches[cache].faults.append(fault)
  }

  /// Names the static variables that hold the address of a cache.
  public mutating func setVariables(_ variables: [SymbolReference], ofCache cache: Int) {
    caches[cache].variables = variables
  }

  /// Records that so many more of a cache's objects that count as allocated may be free.
  public mutating func addOvercount(_ objects: Int, ofCache cache: Int) {
    caches[cache].overcount += objects
  }

  /// Gives a cache its other names.
  public mutating func setAliases(_ aliases: [String], ofCache cache: Int) {
    caches[cache].aliases = aliases.sorted()
  }
}

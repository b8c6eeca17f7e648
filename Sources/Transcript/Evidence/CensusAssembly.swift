import Evidence
import Memory

/// Makes a census of what listings show: each listed object in its state, and the other slots of
/// their slabs indeterminate.
struct CensusAssembly {
  /// For each byte of a text so many slots are kept that it does not list, so that rows which claim
  /// large slabs do not take memory without bound.
  ///
  /// A slot takes two bits.
  private static let slotsPerByte = 4

  let facts: SessionFacts
  let caches: [CacheEntry]
  /// The slots that the listings do not show, as far as slabs are known.
  private(set) var unlisted = 0
  /// Slabs whose row was seen but none of whose slots is in the census, for want of room.
  private(set) var omitted = 0
  /// Objects that lie where no object of their slab can be.
  private(set) var misplaced = 0

  private var room: Int

  init(_ facts: SessionFacts, caches: [CacheEntry], textSize: Int) {
    self.facts = facts
    self.caches = caches
    room = max(1 << 16, textSize * Self.slotsPerByte)
  }

  /// The census; `trust` has for each cache what is known to be wrong with the numbers.
  mutating func census(cacheOfSlab: [Int], trust: [[Fault]]) -> Census {
    let planner = SlabPlanner(facts, caches: caches, cacheOfRow: cacheOfSlab)
    var builder = CensusBuilder(
      caches: caches.indices.map { cache(at: $0, stride: planner.strides[$0], trust[$0]) })
    if let cache = firstWithUnlistedSlots(planner) {
      // The fault with the number 0 is that of every slot that nothing else is said of.
      builder.addFault(
        Fault(.absent, "objects of some slabs are not listed in this text"), slabOfCache: cache)
    }
    planner.forEachPlan { plan in
      add(plan, planner, to: &builder)
      return true
    }
    return Census(builder)
  }

  private func firstWithUnlistedSlots(_ planner: SlabPlanner) -> Int? {
    var cache: Int?
    planner.forEachPlan { plan in
      if plan.listed < plan.slots, plan.complaint == nil { cache = plan.cache }
      return cache == nil
    }
    return cache
  }

  private func cache(at index: Int, stride: Int, _ trust: [Fault]) -> SlabCache {
    let row = caches[index].row
    var faults = trust
    if let remark = row.remark {
      faults.append(Fault(.absent, "crash gives no numbers: \(remark)"))
    } else if row.allocated == nil, caches[index].isNamed {
      faults.append(Fault(.absent, "crash could not gather its slabs"))
    }
    let perSlab =
      caches[index].objectsPerSlab
      ?? row.total.flatMap { total in row.slabs.flatMap { $0 > 0 ? total / $0 : nil } }
      ?? row.slabBytes.map { $0 / stride }
    return SlabCache(
      name: row.name, address: VirtualAddress(row.address),
      objectSize: row.objectSize ?? stride, slotSize: stride, objectsPerSlab: perSlab ?? 0,
      faults: faults)
  }

  private mutating func add(
    _ plan: SlabPlan, _ planner: SlabPlanner, to builder: inout CensusBuilder
  ) {
    guard plan.slots > 0, plan.slots - plan.listed <= room else {
      omitted += 1
      return
    }
    let slab = builder.addSlab(
      cache: plan.cache, firstPage: VirtualAddress(plan.memory & ~4095),
      pages: max(1, (plan.bytes + 4095) / 4096), firstObject: VirtualAddress(plan.firstObject),
      slots: plan.slots, slotSize: plan.stride)
    let first = builder.slabs[slab].firstSlot
    var fault = 0
    if let complaint = plan.complaint {
      fault = builder.addFault(
        Fault(.wildPointer, at: VirtualAddress(plan.memory), "crash: \(complaint)"), toSlab: slab)
    }
    if plan.listed < plan.slots {
      for slot in first..<(first + plan.slots) {
        builder.set(slot, to: .indeterminate(fault: fault))
      }
    }
    unlisted += plan.slots - plan.listed
    room -= plan.slots - plan.listed
    for row in planner.order[plan.rows] { addObjects(ofRow: row, plan, first, to: &builder) }
  }

  private mutating func addObjects(
    ofRow row: Int, _ plan: SlabPlan, _ firstSlot: Int, to builder: inout CensusBuilder
  ) {
    for object in facts.objects(ofSlab: row) {
      let distance = facts.objects.addresses[object] &- plan.firstObject
      let (index, rest) = distance.quotientAndRemainder(dividingBy: UInt64(plan.stride))
      guard rest == 0, index < UInt64(plan.slots) else {
        misplaced += 1
        continue
      }
      let slot = firstSlot + Int(index)
      builder.set(slot, to: state(facts.objects.mark(object), facts.slabs[row].site))
    }
  }

  private func state(_ mark: ListedObjects.Mark, _ site: SlabSite) -> ObjectState {
    switch mark {
    case .allocated: .allocated
    case .free: .free(.slab)
    case .sharedCache: .free(.sharedArray)
    case .cpuCache:
      // SLUB marks every free object of the slab that a CPU allocates from, whichever freelist
      // it is on; SLAB those in a CPU's array.
      if case .cpu = site { .free(.cpuSlab) } else { .free(.cpuArray) }
    }
  }
}

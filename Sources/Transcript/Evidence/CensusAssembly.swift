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
  /// Objects that are listed several times, in different states; the last counts.
  private(set) var contradicted = 0

  private var room: Int
  private let isSLUB: Bool

  init(_ facts: SessionFacts, caches: [CacheEntry], textSize: Int) {
    self.facts = facts
    self.caches = caches
    isSLUB = facts.isSLUB
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

  /// Sentences about what was listed but is not in the census, or not as it was listed.
  var remarks: [String] {
    var remarks: [String] = []
    if contradicted > 0 {
      remarks.append(
        "\(contradicted.counted("object")) listed several times, in different states; the last "
          + "counts")
    }
    if misplaced > 0 {
      remarks.append(
        "left out: \(misplaced.counted("object")) listed where their slab can have none")
    }
    if omitted > 0 {
      remarks.append(
        "left out: \(omitted.counted("slab")) larger than what the text shows of them")
    }
    return remarks
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
    unlisted += plan.slots - plan.listed
    room -= plan.slots - plan.listed
    let states = states(plan, planner)
    for index in 0..<plan.slots {
      builder.set(first + index, to: states[index] ?? .indeterminate(fault: fault))
    }
    compare(slab, plan, planner, &builder)
  }

  /// The state of each slot of a slab, nil where nothing is listed.
  private mutating func states(_ plan: SlabPlan, _ planner: SlabPlanner) -> [ObjectState?] {
    var states = [ObjectState?](repeating: nil, count: plan.slots)
    for row in planner.order[plan.rows] {
      for object in facts.objects(ofSlab: row) {
        let distance = facts.objects.addresses[object] &- plan.firstObject
        let (index, rest) = distance.quotientAndRemainder(dividingBy: UInt64(plan.stride))
        guard rest == 0, index < UInt64(plan.slots) else {
          misplaced += 1
          continue
        }
        let state = state(facts.objects.mark(object))
        // Only a slab that is listed several times can be listed in different ways.
        if let before = states[Int(index)], before.kind != state.kind { contradicted += 1 }
        states[Int(index)] = state
      }
    }
    return states
  }

  /// Notes where a slab that is listed as a whole has other counts in its row than objects.
  private func compare(
    _ slab: Int, _ plan: SlabPlan, _ planner: SlabPlanner, _ builder: inout CensusBuilder
  ) {
    guard plan.listed == plan.slots,
      let row = planner.order[plan.rows].last(where: {
        facts.objects(ofSlab: $0).count == plan.slots
      }), let told = facts.slabs[row].allocated
    else { return }
    let first = builder.slabs[slab].firstSlot
    let listed = (first..<(first + plan.slots)).count { builder.stateKind(of: $0) == .allocated }
    guard listed != told else { return }
    _ = builder.addFault(
      Fault(
        .mismatch, at: VirtualAddress(plan.memory),
        "its row says \(told.grouped) allocated, its listing \(listed.grouped)"), toSlab: slab)
  }

  private func state(_ mark: ListedObjects.Mark) -> ObjectState {
    switch mark {
    case .allocated: .allocated
    case .free: .free(.slab)
    case .sharedCache: .free(.sharedArray)
    // SLUB marks every free object of the slab that a CPU allocates from, whichever freelist it is
    // on; SLAB those in a CPU's array.
    case .cpuCache: .free(isSLUB ? .cpuSlab : .cpuArray)
    }
  }
}

extension ObjectState {
  fileprivate var kind: ObjectStateKind {
    switch self {
    case .allocated: .allocated
    case .free: .free
    case .pending: .pending
    case .indeterminate: .indeterminate
    }
  }
}

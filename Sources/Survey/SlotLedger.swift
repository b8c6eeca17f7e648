import Evidence
import KernelImage
import Memory

/// The states of all slots while the survey goes from list to list.
///
/// A slot starts as allocated. To be free weighs more than to be in doubt, whichever comes first.
struct SlotLedger {
  /// What becomes the census.
  private(set) var builder: CensusBuilder
  /// The slabs.
  let book: SlabBook

  /// Enters all slabs, with their defects.
  init(_ book: SlabBook, caches: [SurveyedCache]) {
    self.book = book
    builder = CensusBuilder(caches: caches.map(\.cache))
    for slab in book.slabs {
      builder.addSlab(
        cache: Int(slab.cache), firstPage: book.pages.address(of: slab.frame),
        pages: Int(slab.pages),
        firstObject: slab.firstObject, slots: Int(slab.slots), slotSize: Int(slab.slotSize))
    }
    for defect in book.defects { doubt(defect.slab, defect.fault) }
    for object in book.guarded {
      switch object.state {
      case .allocated: break
      case .waitingForRCU: enter(0, ofSlab: object.slab, .pending(.callRCU))
      case .freed: enter(0, ofSlab: object.slab, .free(.kfence))
      }
    }
  }

  /// Enters slots of a slab that were found on a free list.
  mutating func free(_ slots: [UInt16], ofSlab slab: Int, _ site: FreeSite) {
    for slot in slots { enter(Int(slot), ofSlab: slab, .free(site)) }
  }

  /// Enters objects of a cache by the pointers that free lists have to them.
  ///
  /// Returns how many of the pointers lead to no slot of the cache.
  mutating func enter(
    _ objects: [VirtualAddress], ofCache cache: Int, _ state: ObjectState
  ) -> Int {
    var strangers = 0
    for object in objects {
      if let found = book.slot(of: object), Int(book.slabs[found.slab].cache) == cache {
        enter(found.slot, ofSlab: found.slab, state)
      } else {
        strangers += 1
      }
    }
    return strangers
  }

  /// Enters the objects that hold these addresses as pending; what is in no object is passed over.
  mutating func suspend(_ addresses: [VirtualAddress], _ site: PendingSite) {
    for address in addresses {
      guard let found = book.object(containing: address) else { continue }
      enter(found.slot, ofSlab: found.slab, .pending(site))
    }
  }

  /// Enters one slot as free or pending; one that is so already is on two lists.
  mutating func enter(_ slot: Int, ofSlab slab: Int, _ state: ObjectState) {
    let number = builder.slabs[slab].firstSlot + slot
    switch builder.stateKind(of: number) {
    case .allocated, .indeterminate: builder.set(number, to: state)
    case .free, .pending:
      let address = builder.slabs[slab].object(slot)
      _ = builder.addFault(
        Fault(.doubleFree, at: address, "the object is on two free lists"), toSlab: slab)
    }
  }

  /// Records that a slab's free lists are damaged: what was not seen free is in doubt.
  mutating func doubt(_ slab: Int, _ fault: Fault) {
    let index = builder.addFault(fault, toSlab: slab)
    let slots =
      builder.slabs[slab]
      .firstSlot..<(builder.slabs[slab].firstSlot + Int(builder.slabs[slab].slots))
    for slot in slots where builder.stateKind(of: slot) == .allocated {
      builder.set(slot, to: .indeterminate(fault: index))
    }
  }

  /// Records that these objects of a cache may be free: those that were not seen free are in doubt.
  ///
  /// Returns how many they are.
  mutating func doubt(_ objects: [VirtualAddress], ofCache cache: Int, _ fault: Fault) -> Int {
    let slots = Set(
      objects.compactMap { object -> Int? in
        guard let found = book.slot(of: object), Int(book.slabs[found.slab].cache) == cache
        else { return nil }
        let slot = builder.slabs[found.slab].firstSlot + found.slot
        return builder.stateKind(of: slot) == .allocated ? slot : nil
      })
    let index = builder.addFault(fault, slabOfCache: cache)
    for slot in slots { builder.set(slot, to: .indeterminate(fault: index)) }
    return slots.count
  }

  /// Records that so many objects of a cache that count as allocated may be free at most.
  mutating func note(_ fault: Fault, ofCache cache: Int, overcount: Int) {
    builder.addOvercount(overcount, ofCache: cache)
    guard overcount > 0 else { return note(fault, ofCache: cache) }
    let objects = overcount == 1 ? "1 object" : "\(overcount) objects"
    note(
      Fault(
        fault.kind, at: fault.address,
        fault.summary + ": up to \(objects) that count as allocated may be free"),
      ofCache: cache)
  }

  /// Records a fault of a slab that leaves no doubt about its slots.
  mutating func note(_ fault: Fault, ofSlab slab: Int) { _ = builder.addFault(fault, toSlab: slab) }

  /// Records what is wrong with a cache as a whole.
  mutating func note(_ fault: Fault, ofCache cache: Int) { builder.addFault(fault, toCache: cache) }

  /// Tells which variables hold the addresses of caches.
  mutating func name(by variables: CacheVariables) {
    for (number, cache) in builder.caches.enumerated() {
      let known = variables.variables[cache.address, default: []]
      if !known.isEmpty { builder.setVariables(known, ofCache: number) }
    }
  }

  /// Gives caches the names of those that were merged into them.
  mutating func name(by aliases: CacheAliases) {
    for (number, cache) in builder.caches.enumerated() {
      let names = aliases.names[cache.address, default: []].filter { $0 != cache.name }
      if !names.isEmpty { builder.setAliases(names, ofCache: number) }
    }
  }
}

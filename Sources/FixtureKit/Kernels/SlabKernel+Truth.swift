public import Memory

extension SlabKernel {
  /// Damages a slab; the last damage counts.
  public mutating func damage(_ slab: Int, _ damage: Damage) { slabs[slab].damage = damage }

  /// Gives a slab back whose objects are all free, which happens after a grace period only.
  public mutating func discard(_ slab: Int) { discarded.insert(slab) }

  /// Has a CPU take a slab with free objects to allocate from later: it is frozen until v6.8.
  public mutating func take(_ slab: Int, by cpu: Int) { slabs[slab].taker = cpu }

  /// Leaves the page of memory out of the dump that has a slab's `struct page`.
  public mutating func loseStructPage(of slab: Int) {
    let first = slabs[slab].frame / 64 * 64
    lostStructPages.formUnion(first..<(first + 64))
  }

  /// Makes the list of caches lead from one to another, or for nil to where no cache is.
  public mutating func damageList(behind cache: Int, to other: Int?) {
    listDamage = (cache, other)
  }

  /// Takes a cache off the list of caches, as its destruction does even if objects are left.
  public mutating func unlist(_ cache: Int) { caches[cache].isListed = false }

  /// Damages a CPU's main, spare or RCU sheaf of a cache, if it has objects.
  public mutating func damageSheaf(_ place: Place, of cache: Int, _ damage: SheafDamage) {
    sheafDamage.append((cache, place, damage))
  }

  func damage(ofSheaf place: Place, of cache: Int) -> SheafDamage? {
    sheafDamage.first { $0.place == place && $0.cache == cache }?.damage
  }

  /// The number of the cache of a name.
  public func number(ofCache name: String) -> Int? { caches.firstIndex { $0.name == name } }

  /// How many objects of a cache count as allocated although they are in a damaged sheaf.
  public func hidden(in cache: Int) -> Int {
    let hidden = places.flatMap { known -> [(slab: Int, slot: Int)] in
      guard known.cache == cache else { return [] }
      switch damage(ofSheaf: known.place, of: cache) {
      case .wildPointer, .owner: return known.objects
      case .firstPointer: return Array(known.objects.prefix(1))
      case .size, nil: return []
      }
    }
    return hidden.count { truth[object($0.slot, of: $0.slab)] == .allocated }
  }

  /// What there is to know about each slot, by the address of its object.
  public var truth: [VirtualAddress: Truth] {
    var truth: [VirtualAddress: Truth] = [:]
    for (number, slab) in slabs.enumerated() where !lostStructPages.contains(slab.frame) {
      for (slot, state) in states(of: number).enumerated() {
        truth[object(slot, of: number)] = state
      }
    }
    for number in guarded.indices { truth[guardedObject(number)] = .guarded(guarded[number].state) }
    return truth
  }

  private func states(of number: Int) -> [Truth] {
    let slab = slabs[number]
    var states = [Truth](repeating: isInDoubt(slab) ? .unknown : .allocated, count: slab.slots)
    for slot in seen(slab) { states[slot] = .freeInSlab }
    for slot in seenByCPU(slab) { states[slot] = .free(.cpuSlab(slab.cpu ?? 0)) }
    for (cache, place, objects) in places {
      let damage = damage(ofSheaf: place, of: cache)
      for (position, object) in objects.enumerated() where object.slab == number {
        switch damage {
        case .wildPointer, .owner: break
        case .firstPointer where position == 0: break
        case .size: states[object.slot] = .unknown
        default: states[object.slot] = place.isPending ? .pending(place) : .free(place)
        }
      }
    }
    return states
  }

  /// The slots that a slab's own freelist leads to before damage ends it.
  private func seen(_ slab: Slab) -> ArraySlice<Int> {
    switch slab.damage {
    case .freePointer(let position, _): slab.free.prefix(position + 1)
    case .lostPage(let page): readable(slab.free, of: slab, without: page)
    // SLAB: where the free indices begin is not known then.
    case .inUse(let count) where !era.isSLUB && count > slab.slots: []
    default: slab.free[...]
    }
  }

  private func seenByCPU(_ slab: Slab) -> ArraySlice<Int> {
    switch slab.damage {
    case .cpuFreePointer(let position, _): slab.cpuFree.prefix(position + 1)
    case .lostPage(let page): readable(slab.cpuFree, of: slab, without: page)
    default: slab.cpuFree[...]
    }
  }

  /// The part of a list up to the first object whose free pointer is in the lost page.
  private func readable(_ list: [Int], of slab: Slab, without page: Int) -> ArraySlice<Int> {
    guard era.isSLUB else { return isFreelist(of: slab, in: page) ? [] : list[...] }
    let lost = list.firstIndex { isFreePointer(of: $0, in: page, of: slab) }
    return list.prefix(lost.map { $0 + 1 } ?? list.count)
  }

  private func isFreePointer(of slot: Int, in page: Int, of slab: Slab) -> Bool {
    let cache = caches[slab.cache]
    return (cache.lead + slot * cache.slotSize + cache.freePointer) / 4096 == page
  }

  /// SLAB: whether the page has the slab's freelist, which is short.
  private func isFreelist(of slab: Slab, in page: Int) -> Bool {
    page == 0 && !caches[slab.cache].isOffSlab
  }

  /// Whether what was not seen as free may or may not be.
  private func isInDoubt(_ slab: Slab) -> Bool {
    switch slab.damage {
    case nil: false
    // A list that ends early shows by the counters only.
    case .freePointer(let position, .end): position + 1 < slab.free.count
    case .freePointer, .objects: true
    // An early end of a CPU's list does not show.
    case .cpuFreePointer(_, let target): target != .end
    case .inUse(let count):
      count > slab.slots || era.isSLUB && slab.free.count < slab.slots - count
    case .lostPage(let page):
      era.isSLUB
        ? (slab.free + slab.cpuFree).contains { isFreePointer(of: $0, in: page, of: slab) }
        : isFreelist(of: slab, in: page) && !slab.free.isEmpty
    }
  }
}

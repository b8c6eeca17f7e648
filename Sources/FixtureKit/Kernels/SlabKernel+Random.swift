import Memory

extension SlabKernel {
  /// A kernel of an era with random caches, slabs and free objects, whole or damaged.
  public static func random(
    _ era: SlabEra, isDamaged: Bool, using random: inout some RandomNumberGenerator
  ) -> SlabKernel {
    var kernel = SlabKernel(
      era, machine: .random([.x86_64, .arm64], using: &random),
      hardening: .random(Hardening.allCases, using: &random),
      cpus: .random(in: 1...4, using: &random),
      nodes: .random(in: 1...3, using: &random))
    if Bool.random(using: &random) { kernel.tag = UInt8.random(in: 0xf0...0xfe, using: &random) }
    for number in 0..<Int.random(in: 1...6, using: &random) {
      kernel.addRandomCache("cache-\(number)", isDamaged: isDamaged, using: &random)
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        kernel.guardObject(
          of: number, isAtEnd: Bool.random(using: &random),
          .random(GuardState.allCases, using: &random))
      }
    }
    if era.hasChildCaches {
      for number in kernel.caches.indices.dropFirst() where Bool.random(using: &random) {
        kernel.setRoot(of: number, to: 0)
      }
    }
    if isDamaged { kernel.damageRandomly(using: &random) }
    return kernel
  }

  private mutating func addRandomCache(
    _ name: String, isDamaged: Bool, using random: inout some RandomNumberGenerator
  ) {
    let objectSize = Int.random(in: 1...60, using: &random) * 8
    let lead = Bool.random(using: &random) ? 0 : 16
    // Behind the object, as for caches with a constructor, or inside of it.
    let isOutside = Bool.random(using: &random)
    let pointer = isOutside ? objectSize : objectSize / 2 / 8 * 8
    let cache = addCache(
      name, objectSize: objectSize, slotSize: objectSize + lead + (isOutside ? 8 : 0),
      order: .random(in: 0...3, using: &random), lead: lead, freePointer: pointer,
      random: random.next(), capacity: .random(in: 1...20, using: &random),
      isOffSlab: Bool.random(using: &random))
    var idleCPUs = Array(0..<cpus)
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      addRandomSlab(of: cache, idleCPUs: &idleCPUs, isDamaged: isDamaged, using: &random)
    }
  }

  private mutating func addRandomSlab(
    of cache: Int, idleCPUs: inout [Int], isDamaged: Bool,
    using random: inout some RandomNumberGenerator
  ) {
    // Where memory is short, SLUB takes the smallest order that holds an object.
    let isSmall = era.isSLUB && Int.random(in: 0..<8, using: &random) == 0
    let order = isSmall ? 0 : caches[cache].order
    guard hasRoom(forOrder: order) else { return }
    var slots = Array(0..<slots(of: cache, order: order)).shuffled(using: &random)
    // Full slabs are common, as in a leak.
    let isFull = Bool.random(using: &random)
    let free = isFull ? [] : Array(slots.prefix(.random(in: 0...slots.count, using: &random)))
    slots.removeFirst(free.count)
    let slab = addSlab(
      of: cache, free: free, order: order, colour: .random(in: 0...16, using: &random) * 8)
    func take(_ count: Int) -> [Int] {
      let taken = Array(slots.prefix(count))
      slots.removeFirst(taken.count)
      return taken
    }
    if era.hasCPUSlabs, Bool.random(using: &random), let cpu = idleCPUs.popLast() {
      give(take(.random(in: 0...slots.count, using: &random)), of: slab, to: .cpuSlab(cpu))
    }
    var places = randomPlaces(using: &random)
    if caches[cache].objectSize >= 24 {
      places += randomPendingPlaces(isDamaged: isDamaged, using: &random)
    }
    for place in places {
      let room = room(in: place, of: cache)
      let most = min(room, slots.count, 5)
      if most > 0 { give(take(.random(in: 1...most, using: &random)), of: slab, to: place) }
    }
  }

  private func randomPlaces(using random: inout some RandomNumberGenerator) -> [Place] {
    let cpu = Int.random(in: 0..<cpus, using: &random)
    let node = Int.random(in: 0..<nodes, using: &random)
    var places: [Place] = []
    if era.sheaves != .none {
      places = [
        .mainSheaf(cpu), .spareSheaf(cpu), .rcuSheaf(cpu),
        .barn(node: node, .random(in: 0...2, using: &random)),
      ]
    } else if !era.isSLUB {
      places = [.cpuArray(cpu), .sharedArray(node: node)]
      if nodes > 1 { places.append(.alienArray(node: node, of: (node + 1) % nodes)) }
    }
    return places.filter { _ in Bool.random(using: &random) }
  }
}

extension SlabKernel {
  private func randomPendingPlaces(
    isDamaged: Bool, using random: inout some RandomNumberGenerator
  ) -> [Place] {
    let cpu = Int.random(in: 0..<cpus, using: &random)
    let isWaiting = Bool.random(using: &random)
    var places: [Place] = [.kfreeRCUBlock(cpu, isWaiting: isWaiting)]
    if sheafPlacesExist { places.append(.flyingSheaf(cpu)) }
    if era.delaysFrees, !isDamaged { places.append(.delayedFree(cpu)) }
    if !isDamaged {
      // Lists that run through the objects end where a page is lost.
      places += [.kfreeRCUList(cpu, isWaiting: isWaiting), .callback(cpu)]
      places += [.kfreeRCUCallback(cpu), .quarantine(cpu)]
      if sheafPlacesExist { places.append(.deferredFree(cpu)) }
    }
    return places.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
  }

  private var sheafPlacesExist: Bool { era.sheaves != .none }
}

// MARK: - Damage

extension SlabKernel {
  private mutating func damageRandomly(using random: inout some RandomNumberGenerator) {
    for slab in slabs.indices where Bool.random(using: &random) {
      if let damage = randomDamage(slabs[slab], using: &random) { self.damage(slab, damage) }
    }
    if Int.random(in: 0..<4, using: &random) == 0,
      let slab = slabs.indices.randomElement(using: &random)
    {
      loseStructPage(of: slab)
    }
    for known in places where Int.random(in: 0..<4, using: &random) == 0 {
      switch known.place {
      case .mainSheaf, .spareSheaf, .rcuSheaf:
        damageSheaf(
          known.place, of: known.cache, .random(SheafDamage.allCases, using: &random))
      default: break
      }
    }
    // Slabs lead to caches that the list has lost.
    switch Int.random(in: 0..<6, using: &random) {
    case 0: unlist(0)
    case 1: damageList(behind: caches.count - 1, to: 0)
    case 2: damageList(behind: 0, to: nil)
    default: break
    }
  }

  private func randomDamage(
    _ slab: Slab, using random: inout some RandomNumberGenerator
  ) -> Damage? {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return randomFreePointer(slab, using: &random)
    case 1:
      guard !slab.cpuFree.isEmpty else { return nil }
      let position = Int.random(in: -1..<slab.cpuFree.count, using: &random)
      return .cpuFreePointer(
        behind: position,
        position < 0 ? .wild : .random([.wild, .misaligned, .passed], using: &random))
    case 2:
      guard era.isSLUB else { return nil }
      return .objects(.random([0, 32767], using: &random))
    case 3:
      guard era.isSLUB else { return .inUse(slab.slots + 1) }
      return .inUse(.random(in: 0...slab.slots + 2, using: &random))
    default: return .lostPage(.random(in: 0..<(1 << slab.order), using: &random))
    }
  }

  private func randomFreePointer(
    _ slab: Slab, using random: inout some RandomNumberGenerator
  ) -> Damage? {
    guard era.isSLUB else {
      // Only an index that is on the list can be damaged.
      guard slab.free.count > 1 else { return nil }
      return .freePointer(
        behind: .random(in: 0..<slab.free.count - 1, using: &random),
        .random([.wild, .passed], using: &random))
    }
    let position = Int.random(in: -1..<slab.free.count, using: &random)
    let target = Target.random(Target.allCases, using: &random)
    return .freePointer(behind: position, position < 0 && target == .passed ? .wild : target)
  }
}

extension Equatable {
  fileprivate static func random(
    _ choices: [Self], using random: inout some RandomNumberGenerator
  ) -> Self {
    choices[Int.random(in: choices.indices, using: &random)]
  }
}

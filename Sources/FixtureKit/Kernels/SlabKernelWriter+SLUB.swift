import Memory

extension SlabKernelWriter {
  /// Writes a SLUB cache with the slabs of CPUs and the sheaves.
  mutating func writeSLUBCache(_ number: Int, at address: PhysicalAddress) {
    let cache = kernel.caches[number]
    writeCache(number, at: address)
    set("kmem_cache", at: address, "offset", UInt64(cache.freePointer))
    set("kmem_cache", at: address, "inuse", UInt64(cache.objectSize))
    set("kmem_cache", at: address, "flags", cache.hasTracks ? kernel.era.storesUser : 0)
    set("kmem_cache", at: address, "red_left_pad", UInt64(cache.lead))
    set("kmem_cache", at: address, "random", cache.random)
    set("kmem_cache", at: address, "sheaf_capacity", UInt64(cache.capacity))
    set(
      "kmem_cache", at: address, "oo",
      UInt64(cache.order << 16 | kernel.slots(of: number, order: cache.order)))
    let smallest = (0...cache.order).first { kernel.slots(of: number, order: $0) > 0 } ?? 0
    set(
      "kmem_cache", at: address, "min",
      UInt64(smallest << 16 | kernel.slots(of: number, order: smallest)))
    if kernel.era.hasCPUSlabs { writeCPUSlabs(number, at: address) }
    let holders = writeNodes(of: number, at: address)
    if kernel.era.sheaves != .none { writeSheaves(number, at: address, holders: holders) }
  }

  private mutating func writeCPUSlabs(_ number: Int, at address: PhysicalAddress) {
    let variable = allocatePerCPU(size(of: "kmem_cache_cpu"))
    set("kmem_cache", at: address, "cpu_slab", variable)
    for (slabNumber, slab) in kernel.slabs.enumerated() where slab.cache == number {
      if let cpu = slab.taker {
        // Each taken slab comes before those that were.
        let partial = self.place("kmem_cache_cpu", at: perCPU(variable, cpu: cpu), "partial")
        let next = (try? image.load(UInt64.self, at: partial)) ?? 0
        set(slabStructure, at: structPage(of: slabNumber), "next", next)
        image.write(kernel.vmemmap.advanced(by: slab.frame * 64).rawValue, at: partial)
      }
      guard let cpu = slab.cpu else { continue }
      let place = perCPU(variable, cpu: cpu)
      let page = kernel.vmemmap.advanced(by: slab.frame * 64).rawValue
      set("kmem_cache_cpu", at: place, kernel.era.hasStructSlab ? "slab" : "page", page)
      var damage: (Int, SlabKernel.Target)?
      if case .cpuFreePointer(let position, let target) = slab.damage {
        damage = (position, target)
      }
      let first = writeFreelist(slab.cpuFree, ofSlab: slabNumber, damage: damage)
      set("kmem_cache_cpu", at: place, "freelist", first)
    }
  }

  private mutating func writeSheaves(
    _ number: Int, at address: PhysicalAddress, holders: [PhysicalAddress]
  ) {
    let variable = allocatePerCPU(size(of: "slub_percpu_sheaves"))
    set("kmem_cache", at: address, "cpu_sheaves", variable)
    for cpu in 0..<kernel.cpus {
      let place = perCPU(variable, cpu: cpu)
      // Every CPU has a main sheaf, be it empty.
      let main = writeSheaf(.mainSheaf(cpu), cache: number, at: address, evenEmpty: true)
      set("slub_percpu_sheaves", at: place, "main", pointer(main))
      let spare = writeSheaf(.spareSheaf(cpu), cache: number, at: address)
      set("slub_percpu_sheaves", at: place, "spare", pointer(spare))
      let rcu = writeSheaf(.rcuSheaf(cpu), cache: number, at: address)
      set("slub_percpu_sheaves", at: place, "rcu_free", pointer(rcu))
    }
    for node in 0..<kernel.nodes {
      let barn = allocate(size(of: "node_barn"))
      if kernel.era.sheaves == .inNode {
        set("kmem_cache_node", at: holders[node], "barn", pointer(barn))
      } else {
        let array = place("kmem_cache", at: address, "per_node")
        image.write(pointer(barn), at: array.advanced(by: UInt64(node) * 16))
      }
      var full: [PhysicalAddress] = []
      for known in kernel.places where known.cache == number {
        guard case .barn(node, _) = known.place else { continue }
        guard let sheaf = writeSheaf(known.place, cache: number, at: address) else { continue }
        full.append(place("slab_sheaf", at: sheaf, "barn_list"))
      }
      link(full, head: place("node_barn", at: barn, "sheaves_full"))
      set("node_barn", at: barn, "nr_full", UInt64(full.count))
      link([], head: place("node_barn", at: barn, "sheaves_empty"))
    }
  }

  /// Writes a sheaf with the objects of a place; nil where none are there.
  mutating func writeSheaf(
    _ place: SlabKernel.Place, cache: Int, at address: PhysicalAddress, evenEmpty: Bool = false
  ) -> PhysicalAddress? {
    let objects = objects(in: place, of: cache)
    guard evenEmpty || !objects.isEmpty else { return nil }
    let sheaf = allocate(size(of: "slab_sheaf") + kernel.caches[cache].capacity * 8)
    set("slab_sheaf", at: sheaf, "cache", pointer(address))
    set("slab_sheaf", at: sheaf, "size", UInt64(objects.count))
    let array = self.place("slab_sheaf", at: sheaf, "objects")
    for (number, object) in objects.enumerated() {
      image.write(tagged(object), at: array.advanced(by: UInt64(number) * 8))
    }
    switch kernel.damage(ofSheaf: place, of: cache) {
    case .size: set("slab_sheaf", at: sheaf, "size", 0xffff_ff00)
    case .owner: set("slab_sheaf", at: sheaf, "cache", pointer(sheaf))
    case .firstPointer: image.write(UInt64(0xdead_4ead_0000_0001), at: array)
    // Behind the end of memory.
    case .wildPointer: return PhysicalAddress(kernel.frameCount << 12 + 0x1_0000)
    case nil: break
    }
    return sheaf
  }

  /// The objects given to a place.
  func objects(in place: SlabKernel.Place, of cache: Int) -> [VirtualAddress] {
    kernel.places.first { $0.cache == cache && $0.place == place }?.objects
      .map { kernel.object($0.slot, of: $0.slab) } ?? []
  }

  /// Writes a SLUB slab: its page, counters and freelist.
  mutating func writeSLUBSlab(_ number: Int, cache: PhysicalAddress) {
    let slab = kernel.slabs[number]
    let page = structPage(of: number)
    writePage(number, cache: cache)
    var objects = slab.slots
    var inUse = slab.slots - slab.free.count
    var damage: (Int, SlabKernel.Target)?
    switch slab.damage {
    case .freePointer(let position, let target): damage = (position, target)
    case .objects(let count): objects = count
    case .inUse(let count): inUse = count
    case .cpuFreePointer, .lostPage, nil: break
    }
    set(slabStructure, at: page, "objects", UInt64(objects))
    set(slabStructure, at: page, "inuse", UInt64(inUse))
    set(slabStructure, at: page, "frozen", slab.cpu == nil && slab.taker == nil ? 0 : 1)
    let first = writeFreelist(slab.free, ofSlab: number, damage: damage)
    set(slabStructure, at: page, "freelist", first)
  }

  /// Writes the free pointers of a list and returns the pointer to its first object.
  private mutating func writeFreelist(
    _ slots: [Int], ofSlab number: Int, damage: (position: Int, target: SlabKernel.Target)?
  ) -> UInt64 {
    let cache = kernel.caches[kernel.slabs[number].cache]
    var pointers = slots.map { tagged(kernel.object($0, of: number)) } + [0]
    if let damage {
      pointers[damage.position + 1] = target(
        damage.target, behind: damage.position, of: slots, ofSlab: number)
    }
    for (position, slot) in slots.enumerated() {
      let address = kernel.object(slot, of: number).advanced(by: cache.freePointer)
      let word =
        switch kernel.hardening {
        case .none: pointers[position + 1]
        case .xor: pointers[position + 1] ^ cache.random ^ address.rawValue
        case .xorSwapped: pointers[position + 1] ^ cache.random ^ address.rawValue.byteSwapped
        }
      image.write(word, at: PhysicalAddress(address.offset(from: kernel.directMap)))
    }
    return pointers[0]
  }

  private func target(
    _ target: SlabKernel.Target, behind position: Int, of slots: [Int], ofSlab number: Int
  ) -> UInt64 {
    let slab = kernel.slabs[number]
    switch target {
    case .wild: return 0xdead_4ead_0000_0001
    case .misaligned: return tagged(kernel.object(slab.slots / 2, of: number).advanced(by: 4))
    case .otherSlab:
      let other = kernel.slabs.indices.first { $0 != number }
      return other.map { tagged(kernel.object(0, of: $0)) } ?? tagged(kernel.directMap)
    case .passed: return tagged(kernel.object(slots[max(position / 2, 0)], of: number))
    case .end: return 0
    }
  }
}

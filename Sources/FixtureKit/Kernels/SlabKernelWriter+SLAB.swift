import Memory

extension SlabKernelWriter {
  /// Writes a SLAB cache with its arrays.
  mutating func writeSLABCache(_ number: Int, at address: PhysicalAddress) {
    let cache = kernel.caches[number]
    writeCache(number, at: address)
    set("kmem_cache", at: address, "num", UInt64(kernel.slots(of: number)))
    set("kmem_cache", at: address, "gfporder", UInt64(cache.order))
    set("kmem_cache", at: address, "obj_offset", UInt64(cache.lead))
    let variable = allocatePerCPU(size(of: "array_cache") + cache.capacity * 8)
    set("kmem_cache", at: address, "cpu_cache", variable)
    for cpu in 0..<kernel.cpus {
      writeArray(.cpuArray(cpu), cache: number, at: perCPU(variable, cpu: cpu))
    }
    for (node, holder) in writeNodes(of: number, at: address).enumerated() {
      let shared = allocate(size(of: "array_cache") + cache.capacity * 8)
      writeArray(.sharedArray(node: node), cache: number, at: shared)
      set("kmem_cache_node", at: holder, "shared", pointer(shared))
      guard kernel.nodes > 1 else { continue }
      let aliens = allocate(kernel.nodes * 8)
      set("kmem_cache_node", at: holder, "alien", pointer(aliens))
      for other in 0..<kernel.nodes where other != node {
        let alien = allocate(size(of: "alien_cache") + cache.capacity * 8)
        writeArray(
          .alienArray(node: node, of: other), cache: number,
          at: place("alien_cache", at: alien, "ac"))
        image.write(pointer(alien), at: aliens.advanced(by: UInt64(other) * 8))
      }
    }
  }

  private mutating func writeArray(
    _ place: SlabKernel.Place, cache: Int, at address: PhysicalAddress
  ) {
    let objects = objects(in: place, of: cache)
    set("array_cache", at: address, "avail", UInt64(objects.count))
    set("array_cache", at: address, "limit", UInt64(kernel.caches[cache].capacity))
    let array = self.place("array_cache", at: address, "entry")
    // Arrays hold objects by where their slots begin, before any debug data.
    let lead = kernel.caches[cache].lead
    for (number, object) in objects.enumerated() {
      image.write(tagged(object.advanced(by: -lead)), at: array.advanced(by: UInt64(number) * 8))
    }
  }

  /// Writes a SLAB slab: its page and the indices of its free slots behind those in use.
  mutating func writeSLABSlab(_ number: Int, cache: PhysicalAddress) {
    let slab = kernel.slabs[number]
    let page = structPage(of: number)
    writePage(number, cache: cache)
    var active = slab.slots - slab.free.count
    if case .inUse(let count) = slab.damage { active = count }
    set(slabStructure, at: page, "active", UInt64(active))
    let first = kernel.object(0, of: number).advanced(by: -kernel.caches[slab.cache].lead)
    set(slabStructure, at: page, "s_mem", tagged(first))
    let isOffSlab = kernel.caches[slab.cache].isOffSlab
    let list = isOffSlab ? allocate(slab.slots) : PhysicalAddress(slab.frame << 12)
    set(slabStructure, at: page, "freelist", pointer(list))
    let used = (0..<slab.slots).filter { !slab.free.contains($0) }
    var indices = used + slab.free
    if case .freePointer(let position, let target) = slab.damage,
      indices.indices.contains(used.count + position + 1)
    {
      let passed = slab.free.first ?? 0
      indices[used.count + position + 1] = target == .passed && position >= 0 ? passed : 255
    }
    image.write(indices.map { UInt8(truncatingIfNeeded: $0) }, at: list)
  }
}

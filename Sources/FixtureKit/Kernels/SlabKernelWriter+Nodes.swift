import Memory

extension SlabKernelWriter {
  /// Writes the nodes of a cache with their counters, and returns where they are.
  ///
  /// All slabs are the first node's. Where barns lie beside the nodes the others have no memory, and
  /// so a barn but no `struct kmem_cache_node`.
  mutating func writeNodes(of number: Int, at address: PhysicalAddress) -> [PhysicalAddress] {
    let isNested = kernel.era.sheaves == .besideNode
    let slabs = kernel.slabs.indices.filter { !kernel.discarded.contains($0) }
      .map { kernel.slabs[$0] }.filter { $0.cache == number }
    return (0..<(isNested ? 1 : kernel.nodes)).map { node in
      let holder = allocate(size(of: "kmem_cache_node"))
      if node == 0 {
        let objects = slabs.reduce(0) { $0 + $1.slots }
        let free = slabs.reduce(0) { $0 + $1.free.count }
        set("kmem_cache_node", at: holder, "nr_slabs", UInt64(slabs.count))
        set("kmem_cache_node", at: holder, "total_objects", UInt64(objects))
        set("kmem_cache_node", at: holder, "total_slabs", UInt64(slabs.count))
        set("kmem_cache_node", at: holder, "free_objects", UInt64(free))
      }
      if kernel.era.isSLUB { writePartialSlabs(of: number, node: node, at: holder) }
      let array = place("kmem_cache", at: address, isNested ? "per_node" : "node")
      let element = array.advanced(by: UInt64(node) * (isNested ? 16 : 8))
      image.write(pointer(holder), at: element.advanced(by: isNested ? 8 : 0))
      return holder
    }
  }

  /// Links the slabs of a cache that have free objects and are no CPU's.
  private mutating func writePartialSlabs(
    of number: Int, node: Int, at holder: PhysicalAddress
  ) {
    let head = place("kmem_cache_node", at: holder, "partial")
    let slabs = kernel.slabs.indices.filter { index in
      let slab = kernel.slabs[index]
      return slab.cache == number && slab.cpu == nil && slab.taker == nil && !slab.free.isEmpty
        && !kernel.discarded.contains(index) && node == 0
    }
    let link = place(
      slabStructure, at: PhysicalAddress(0), kernel.era.hasStructSlab ? "slab_list" : "lru"
    ).rawValue
    set("kmem_cache_node", at: holder, "nr_partial", UInt64(slabs.count))
    let nodes = slabs.map { structPage(of: $0).advanced(by: link) }
    // The list's head lies in the direct map, the structures of pages in the memory map.
    let ring =
      [pointer(head)]
      + slabs.map { kernel.vmemmap.advanced(by: kernel.slabs[$0].frame * 64 + link).rawValue }
    for (index, place) in ([head] + nodes).enumerated() {
      image.write(ring[(index + 1) % ring.count], at: place)
      image.write(ring[(index + ring.count - 1) % ring.count], at: place.advanced(by: 8))
    }
  }
}

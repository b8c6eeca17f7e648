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
      let array = place("kmem_cache", at: address, isNested ? "per_node" : "node")
      let element = array.advanced(by: UInt64(node) * (isNested ? 16 : 8))
      image.write(pointer(holder), at: element.advanced(by: isNested ? 8 : 0))
      return holder
    }
  }
}

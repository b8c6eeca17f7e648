import Memory

extension SlabKernelWriter {
  /// What was written of a group.
  private struct WrittenGroup {
    let memory: PhysicalAddress
    let directory: PhysicalAddress
    let record: PhysicalAddress
  }

  /// Writes the control groups, and whom objects and pages are charged to.
  mutating func writeGroups() {
    guard !kernel.groups.isEmpty else { return }
    var written: [WrittenGroup] = []
    for group in kernel.groups { written.append(writeGroup(group, among: written)) }
    for (number, group) in kernel.groups.enumerated() {
      let children = kernel.groups.indices.filter { kernel.groups[$0].parent == number }
        .map { place("mem_cgroup", at: written[$0].memory, "css.sibling") }
      link(children, head: place("mem_cgroup", at: written[number].memory, "css.children"))
      let heir = written[kernel.heir(of: number)].memory
      set("obj_cgroup", at: written[number].record, "memcg", pointer(heir))
      if group.references == nil { writeOwnRecord(of: written[number]) }
    }
    let variable = allocate(8)
    define("root_mem_cgroup", at: variable, size: 8)
    image.write(pointer(written[0].memory), at: variable)
    writeCharges(written)
  }

  private mutating func writeGroup(
    _ group: SlabKernel.Group, among written: [WrittenGroup]
  ) -> WrittenGroup {
    let memory = allocate(size(of: "mem_cgroup") + 8)
    let node = allocate(size(of: "cgroup"))
    let directory = allocate(size(of: "kernfs_node"))
    set("mem_cgroup", at: memory, "css.cgroup", pointer(node))
    set("mem_cgroup", at: memory, "memory.usage", group.pages)
    set("cgroup", at: node, "kn", pointer(directory))
    set("cgroup", at: node, "self.flags", group.references == nil ? 2 : 0)
    let dying = kernel.groups.count { $0.references != nil }
    if group.parent == nil { set("cgroup", at: node, "nr_dying_descendants", UInt64(dying)) }
    let parent = pointer(group.parent.map { written[$0].directory })
    set("kernfs_node", at: directory, "parent", parent)
    set("kernfs_node", at: directory, "__parent", parent)
    set("kernfs_node", at: directory, "name", pointer(text(group.name)))
    let data = allocate(8)
    // References to a group in use are counted by each CPU.
    set("mem_cgroup", at: memory, "css.refcnt.percpu_count_ptr", group.references == nil ? 0 : 3)
    set("mem_cgroup", at: memory, "css.refcnt.data", pointer(data))
    image.write(UInt64(group.references ?? 0), at: data)
    set("mem_cgroup", at: memory, "css.refcnt.count", UInt64(group.references ?? 0))
    return WrittenGroup(
      memory: memory, directory: directory, record: allocate(max(size(of: "obj_cgroup"), 8)))
  }

  private mutating func writeOwnRecord(of group: WrittenGroup) {
    if kernel.era.hasStrides {
      let node = allocate(size(of: "mem_cgroup_per_node"))
      set("mem_cgroup_per_node", at: node, "objcg", pointer(group.record))
      image.write(pointer(node), at: place("mem_cgroup", at: group.memory, "nodeinfo"))
    } else {
      set("mem_cgroup", at: group.memory, "objcg", pointer(group.record))
    }
  }

  private mutating func writeCharges(_ groups: [WrittenGroup]) {
    for (number, cache) in kernel.caches.enumerated() {
      guard let group = cache.group else { continue }
      set(
        "kmem_cache", at: cacheAddresses[number], "memcg_params.memcg",
        pointer(groups[group].memory))
    }
    for (frame, group) in kernel.pageCharges {
      let page = SlabKernel.vmemmapStart.advanced(by: frame * 64)
      let owner = kernel.era.hasStrides ? groups[group].record : groups[group].memory
      set("page", at: page, kernel.era.hasStructSlab ? "memcg_data" : "mem_cgroup", pointer(owner))
    }
    for (slab, objects) in Dictionary(grouping: kernel.charges, by: \.slab) {
      let (array, stride) = place(ofChargesOf: slab)
      for object in objects {
        let element = array.advanced(by: UInt64(object.slot) * stride)
        image.write(pointer(groups[object.group].record), at: element)
      }
    }
  }

  /// Where the array of a slab is, and how far its elements lie apart.
  private mutating func place(ofChargesOf slab: Int) -> (array: PhysicalAddress, stride: UInt64) {
    let page = structPage(of: slab)
    let cache = kernel.caches[kernel.slabs[slab].cache]
    let array: PhysicalAddress
    var stride = UInt64(max(size(of: "slabobj_ext"), 8))
    if let offset = cache.chargePlace {
      let first = kernel.object(0, of: slab).advanced(by: offset)
      array = PhysicalAddress(first.offset(from: kernel.directMap))
      stride = UInt64(cache.slotSize)
    } else {
      array = allocate(Int(stride) * kernel.slabs[slab].slots)
    }
    for member in ["obj_exts", "memcg_data", "obj_cgroups"] {
      set(slabStructure, at: page, member, pointer(array) | 1)
    }
    set(slabStructure, at: page, "stride", stride)
    return (array, stride)
  }
}

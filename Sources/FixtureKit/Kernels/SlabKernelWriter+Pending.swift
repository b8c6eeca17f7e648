import DebugInfo
import Memory

extension SlabKernelWriter {
  /// Writes the objects that wait for RCU, for a lock or in quarantine.
  mutating func writePending() {
    let batches = allocatePerCPU(size(of: "kfree_rcu_cpu"))
    define("krc", VirtualAddress(batches))
    let data = allocatePerCPU(size(of: "rcu_data"))
    define("rcu_data", VirtualAddress(data))
    let deferred = allocatePerCPU(16)
    if kernel.era.sheaves != .none { define("defer_free_objects", VirtualAddress(deferred)) }
    let quarantine = allocatePerCPU(size(of: "qlist_head"))
    define("cpu_quarantine", VirtualAddress(quarantine))
    define("i_callback", kernel.text.advanced(by: 0x100))
    define("kvfree_rcu_cb", kernel.text.advanced(by: 0x400))
    define("percpu_ref_switch_to_atomic_rcu", kernel.text.advanced(by: 0x200))
    define("rcu_free_sheaf", kernel.text.advanced(by: 0x300))
    if kernel.era.delaysFrees {
      define("slab_free_after_rcu_debug", kernel.text.advanced(by: 0x500))
    }
    for cpu in 0..<kernel.cpus {
      writeKFreeRCU(at: perCPU(batches, cpu: cpu), cpu: cpu)
      writeCallbacks(at: perCPU(data, cpu: cpu), cpu: cpu)
      let deferred = perCPU(deferred, cpu: cpu)
      writeChain(objects(in: .deferredFree(cpu)) { _, cache in cache.freePointer }, head: deferred)
      let quarantine = perCPU(quarantine, cpu: cpu)
      writeChain(
        objects(in: .quarantine(cpu)) { _, cache in cache.objectSize - 8 }, head: quarantine)
    }
  }

  /// Addresses in the objects of a place, of all caches.
  private func objects(
    in place: SlabKernel.Place, offset: (Int, SlabKernel.Cache) -> Int = { _, _ in 0 }
  ) -> [VirtualAddress] {
    kernel.places.filter { $0.place == place }.flatMap { known in
      known.objects.map {
        kernel.object($0.slot, of: $0.slab).advanced(
          by: offset($0.slot, kernel.caches[known.cache]))
      }
    }
  }

  /// Where the `rcu_head` lies in the objects of a place.
  private func heads(in place: SlabKernel.Place) -> [VirtualAddress] {
    objects(in: place) { slot, cache in slot % 2 == 0 ? 0 : cache.objectSize - 16 }
  }

  private func physical(_ address: VirtualAddress) -> PhysicalAddress {
    PhysicalAddress(address.offset(from: kernel.directMap))
  }

  /// Links places by their first words to a chain that ends in NULL.
  private mutating func writeChain(_ links: [VirtualAddress], head: PhysicalAddress) {
    var place = head
    for link in links {
      image.write(tagged(link), at: place)
      place = physical(link)
    }
    image.write(UInt64(0), at: place)
  }

  private mutating func writeKFreeRCU(at base: PhysicalAddress, cpu: Int) {
    let era = kernel.era
    for isWaiting in [false, true] {
      let owner = isWaiting ? "kfree_rcu_cpu_work" : "kfree_rcu_cpu"
      // The second of the works that a batch can be given to.
      let work = place("kfree_rcu_cpu", at: base, "krw_arr")
        .advanced(by: UInt64(size(of: "kfree_rcu_cpu_work")))
      let start = isWaiting ? work : base
      writeChain(
        heads(in: .kfreeRCUList(cpu, isWaiting: isWaiting)),
        head: place(owner, at: start, isWaiting ? "head_free" : "head"))
      let name = (era.isRecent ? "bulk_head" : "bkvhead") + (isWaiting ? "_free" : "")
      let list = place(owner, at: start, name)
      let objects = objects(in: .kfreeRCUBlock(cpu, isWaiting: isWaiting))
      // Two blocks, so that there is a list to follow.
      let blocks = [objects.prefix(objects.count / 2), objects.suffix((objects.count + 1) / 2)]
        .filter { !$0.isEmpty }.map { writeBlock(Array($0)) }
      if era.isRecent {
        link(blocks, head: list)
        link([], head: list.advanced(by: 16))
      } else {
        for (number, block) in ([list] + blocks).enumerated() where number < blocks.count {
          let next = number == 0 ? block : place("kvfree_rcu_bulk_data", at: block, "next")
          image.write(pointer(blocks[number]), at: next)
        }
      }
    }
  }

  private mutating func writeBlock(_ objects: [VirtualAddress]) -> PhysicalAddress {
    let block = allocate(size(of: "kvfree_rcu_bulk_data") + objects.count * 8)
    set("kvfree_rcu_bulk_data", at: block, "nr_records", UInt64(objects.count))
    let records = place("kvfree_rcu_bulk_data", at: block, "records")
    for (number, object) in objects.enumerated() {
      image.write(tagged(object), at: records.advanced(by: UInt64(number) * 8))
    }
    return block
  }

  private mutating func writeCallbacks(at base: PhysicalAddress, cpu: Int) {
    var callbacks = heads(in: .callback(cpu)).map { (head: $0, function: UInt64(0x100)) }
    callbacks += heads(in: .kfreeRCUCallback(cpu)).map { ($0, 0x400) }
    if cpu == 0 {
      callbacks += kernel.keptCallbacks.map { (kernel.object($0.slot, of: $0.slab), 0x200) }
    }
    for known in kernel.places where known.place == .flyingSheaf(cpu) {
      let sheaf = writeSheaf(known.place, cache: known.cache, at: cacheAddresses[known.cache])
      if let sheaf { callbacks.append((kernel.directMap.advanced(by: sheaf.rawValue), 0x300)) }
    }
    for object in objects(in: .delayedFree(cpu)) {
      let record = allocate(size(of: "rcu_delayed_free"))
      set("rcu_delayed_free", at: record, "object", tagged(object))
      callbacks.append((kernel.directMap.advanced(by: record.rawValue), 0x500))
    }
    for callback in callbacks {
      let function = kernel.text.advanced(by: callback.function).rawValue
      image.write(function, at: physical(callback.head).advanced(by: 8))
    }
    // Every second one went around the CPU's own list.
    let numbered = callbacks.enumerated()
    writeChain(
      numbered.filter { $0.offset % 2 == 0 }.map(\.element.head),
      head: place("rcu_data", at: base, "cblist.head"))
    writeChain(
      numbered.filter { $0.offset % 2 == 1 }.map(\.element.head),
      head: place("rcu_data", at: base, "nocb_bypass.head"))
  }

  // MARK: KFENCE and names

  /// Writes KFENCE's pool and its metadata.
  mutating func writeKFENCE() {
    guard let poolFrame = kernel.poolFrame else { return }
    let pool = allocate(8)
    define("__kfence_pool", at: pool, size: 8)
    image.write(pointer(PhysicalAddress(poolFrame << 12)), at: pool)
    let stride = size(of: "kfence_metadata")
    let array = allocate(stride * SlabKernel.poolSize + 16)
    if kernel.era.isRecent {
      let variable = allocate(8)
      define("kfence_metadata", at: variable, size: 8)
      image.write(pointer(array), at: variable)
    } else {
      define("kfence_metadata", at: array, size: UInt64(stride * SlabKernel.poolSize))
    }
    for number in 0..<SlabKernel.poolSize {
      let place = array.advanced(by: UInt64(number * stride))
      let page = PhysicalAddress(kernel.guardedFrame(number) << 12)
      set("kfence_metadata", at: place, "addr", pointer(page))
      guard kernel.guarded.indices.contains(number) else { continue }
      let object = kernel.guarded[number]
      set("kfence_metadata", at: place, "state", UInt64(object.state.rawValue))
      set("kfence_metadata", at: place, "addr", tagged(kernel.guardedObject(number)))
      set(
        "kfence_metadata", at: place, "size", UInt64(kernel.caches[object.cache].objectSize))
      set("kfence_metadata", at: place, "cache", pointer(cacheAddresses[object.cache]))
      let structPage = SlabKernel.vmemmapStart.advanced(by: kernel.guardedFrame(number) * 64)
      mark(structPage, order: 0, cache: cacheAddresses[object.cache])
      set(slabStructure, at: structPage, "objects", 1)
    }
  }

  /// Writes static variables that hold the addresses of caches.
  mutating func writeHolders() {
    guard !kernel.holders.isEmpty else { return }
    define("_sdata", at: allocate(16), size: 0)
    for holder in kernel.holders {
      let variable = allocate(holder.words * 8)
      define(holder.name, at: variable, size: UInt64(holder.words * 8))
      image.write(
        pointer(cacheAddresses[holder.cache]), at: variable.advanced(by: UInt64(holder.word * 8)))
    }
    define("_end", at: allocate(16), size: 0)
  }

  /// Writes the links of `/sys/kernel/slab`, as a tree that leans to one side.
  mutating func writeAliases() {
    guard !kernel.aliases.isEmpty else { return }
    let variable = allocate(8)
    define("slab_kset", at: variable, size: 8)
    let set = allocate(size(of: "kset"))
    image.write(pointer(set), at: variable)
    let directory = allocate(size(of: "kernfs_node"))
    self.set("kset", at: set, "kobj.sd", pointer(directory))
    var parent = place("kernfs_node", at: directory, "dir.children.rb_node")
    for (number, alias) in kernel.aliases.enumerated() {
      let target = allocate(size(of: "kernfs_node"))
      let object = place("kmem_cache", at: cacheAddresses[alias.cache], "kobj")
      self.set("kernfs_node", at: target, "flags", 1)
      self.set("kernfs_node", at: target, "priv", pointer(object))
      let link = allocate(size(of: "kernfs_node"))
      let name = allocate(alias.name.utf8.count + 1)
      image.write(Array(alias.name.utf8), at: name)
      self.set("kernfs_node", at: link, "flags", 4)
      self.set("kernfs_node", at: link, "name", pointer(name))
      self.set("kernfs_node", at: link, "symlink.target_kn", pointer(target))
      image.write(pointer(place("kernfs_node", at: link, "rb")), at: parent)
      parent = place("kernfs_node", at: link, number % 2 == 0 ? "rb.rb_left" : "rb.rb_right")
    }
  }
}

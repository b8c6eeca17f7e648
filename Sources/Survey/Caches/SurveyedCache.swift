import Evidence
import KernelImage
import Memory

/// A `struct kmem_cache` of the dump and what its slabs look like.
struct SurveyedCache: Sendable {
  /// What the census says of it.
  var cache: SlabCache
  /// The structure itself.
  let record: Record
  /// The base-2 logarithm of the pages of a usual slab.
  let order: Int
  /// What lies in a slot before the object, in bytes.
  let lead: Int

  /// The distance between objects in bytes; 0 when the structure cannot be right.
  var slotSize: Int { cache.slotSize }
  /// The objects of a usual slab.
  var slots: Int { cache.objectsPerSlab }
}

extension SurveyedCache {
  /// The largest order of a slab: the page allocator has no larger blocks.
  static let largestOrder = 13

  /// Takes a cache from the dump; one that cannot be right has no slots and a fault that says so.
  init(_ record: Record, layout: CacheLayout, kernel: Kernel) {
    let size: Int
    let slots: Int
    let order: Int
    switch layout.shape {
    case .packed(let field):
      // Linux 834f3d119234 ("slub: Add kmem_cache_order_objects struct"), v2.6.27.
      slots = Int(record[field] & 0xffff)
      order = Int(record[field] >> 16)
    case .split(let objectsField, let orderField):
      slots = Int(truncatingIfNeeded: record[objectsField])
      order = Int(truncatingIfNeeded: record[orderField])
    }
    size = Int(truncatingIfNeeded: record[layout.slotSize])
    let objectSize = Int(truncatingIfNeeded: record[layout.objectSize])
    let told = layout.lead.map { Int(truncatingIfNeeded: record[$0]) } ?? 0
    let lead = Self.skipsLeads(kernel) ? 0 : told
    var faults: [Fault] = []
    var name = ""
    do throws(Absence) {
      name = try Self.name(record, layout: layout, kernel: kernel)
    } catch {
      let pointer = VirtualAddress(record[layout.name])
      faults.append(Fault(.absent, at: pointer, "its name cannot be read: \(error)"))
    }
    let root = Self.root(record, layout: layout, kernel: kernel)
    let pageBytes = kernel.memory.pageSize.bytes
    let fits =
      (8...(1 << 22)).contains(size) && (0...size).contains(objectSize)
      && (0...Self.largestOrder).contains(order) && (0..<size).contains(lead)
      && (1...32767).contains(slots) && slots * size <= pageBytes << order
    // SLUB's `oo` is worked out from the size; slabs tell themselves how many objects they have.
    let agrees = !layout.isSLUB || fits && slots == (pageBytes << order) / size
    if !fits || !agrees {
      faults.append(
        Fault(
          .impossible, at: record.address,
          "\(slots) objects of \(objectSize) in \(size) bytes, in slabs of order \(order)"))
    }
    let sharers = layout.sharers.map { Int(Int32(truncatingIfNeeded: record[$0])) } ?? 1
    self.init(
      cache: SlabCache(
        name: root?.name ?? name, aliases: root == nil || name.isEmpty ? [] : [name],
        root: root?.address, sharers: sharers, address: record.address,
        objectSize: max(objectSize, 0), slotSize: fits ? size : 0,
        objectsPerSlab: fits ? slots : 0, faults: faults),
      record: record, order: fits ? order : 0, lead: fits ? lead : 0)
  }

  private static func name(
    _ record: Record, layout: CacheLayout, kernel: Kernel
  ) throws(Absence) -> String {
    let pointer = VirtualAddress(record[layout.name])
    return try kernel.memory.name(at: kernel.machine.untagged(pointer), limit: 128)
  }

  /// The cache that this is a part of, whose name `/proc/slabinfo` shows for both.
  private static func root(
    _ record: Record, layout: CacheLayout, kernel: Kernel
  ) -> (address: VirtualAddress, name: String)? {
    guard let field = layout.root, record[field] != 0 else { return nil }
    let address = kernel.machine.untagged(VirtualAddress(record[field]))
    guard address != record.address,
      let root = try? Record(at: address, extent: layout.name.end, in: kernel.memory),
      let name = try? name(root, layout: layout, kernel: kernel), !name.isEmpty
    else { return nil }
    return (address, name)
  }

  /// Whether the kernel leaves no room to the left of objects, whatever its caches say.
  ///
  /// Since ca0cab65ea2b ("mm, slub: introduce static key for slub_debug()"), v5.9, a static key
  /// decides. 1f0723a4c0df ("mm, slub: enable slub_debug static key when creating cache with
  /// explicit debug flags"), v5.13, turns it on for a cache that asks for a red zone itself; until
  /// then such a cache has a `red_left_pad` that nothing heeds.
  private static func skipsLeads(_ kernel: Kernel) -> Bool {
    // struct static_key_false begins with the atomic count of those who enabled it.
    guard let key = kernel.address(of: "slub_debug_enabled"),
      let enabled = try? kernel.memory.load(Int32.self, at: key)
    else { return false }
    return enabled == 0
  }
}

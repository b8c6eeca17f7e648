import DebugInfo

/// Where the nodes of a cache count what is in the cache, apart from the slabs' own pages.
///
/// SLUB has the counters with CONFIG_SLUB_DEBUG only: Linux 0f389ec63077 ("slub: No need for per
/// node slab counters if !SLUB_DEBUG"), v2.6.26.
struct NodeLayout: Hashable, Sendable {
  /// Where the array that leads to the nodes begins in `struct kmem_cache`, in bytes.
  let array: Int
  /// The size of its elements in bytes.
  let stride: Int
  /// How many elements the debug information gives it.
  let count: Int
  /// Where in an element the pointer to the node is, in bytes.
  let pointer: Int
  /// How many slabs the node has.
  let slabs: Field
  /// SLUB: how many objects, used or not, are in them.
  let objects: Field?
  /// SLAB: how many objects in them are free.
  let freeObjects: Field?

  /// Finds the counters; nil where the kernel has none.
  init?(_ cache: Structure) {
    // Since Linux 5ba6bc27b1f9, v7.1, an element has a pointer to the node among others.
    let isNested = cache.member("per_node") != nil
    let name = isNested ? "per_node" : "node"
    guard let array = cache.place(of: name), let element = cache.target(of: name),
      let node = isNested ? element.target(of: "node") : element,
      let pointer = isNested ? element.place(of: "node") : 0,
      // SLAB: Linux bf00bd345804 ("mm, slab: maintain total slab count instead of active count"),
      // v4.10.
      let slabs = node.field("nr_slabs") ?? node.field("total_slabs"),
      (1...Field.largestStructure).contains(element.size)
    else { return nil }
    self.array = array
    stride = isNested ? element.size : 8
    count = cache.elementCount(of: name) ?? 1
    self.pointer = pointer
    self.slabs = slabs
    objects = node.field("total_objects")
    freeObjects = node.field("free_objects")
  }

  /// How many bytes of a node hold the counters.
  var extent: Int { ([slabs] + [objects, freeObjects].compactMap { $0 }).extent }
}

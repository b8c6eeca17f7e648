import DebugInfo
import KernelImage
import Memory

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
  /// SLUB: where the list of the slabs with free objects begins, in bytes.
  let partial: Int?
  /// SLUB: how many slabs are on it.
  let partialCount: Field?
  /// What whoever changes all this holds; 0 when nobody does.
  let lock: Field?

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
    partial = node.place(of: "partial")
    partialCount = node.field("nr_partial")
    lock = node.lock("list_lock")
  }

  /// How many bytes of a node hold the counters.
  var extent: Int {
    ([slabs] + [objects, freeObjects, partialCount, lock].compactMap { $0 }).extent
  }
}

extension NodeLayout {
  /// More NUMA nodes than any kernel is built for.
  private static let mostNodes = 1024

  /// The nodes of the cache at an address; throws `Absence` when one of them cannot be read.
  func records(
    of cache: VirtualAddress, in kernel: Kernel
  ) throws(Absence) -> [Record] {
    var records: [Record] = []
    for node in 0..<min(NUMANodes.count(in: kernel), count, Self.mostNodes) {
      let place = cache.advanced(by: array + node * stride + pointer)
      let address = kernel.machine.untagged(try kernel.memory.pointer(at: place))
      guard address != VirtualAddress(0) else { continue }
      records.append(try Record(at: address, extent: extent, in: kernel.memory))
    }
    return records
  }
}

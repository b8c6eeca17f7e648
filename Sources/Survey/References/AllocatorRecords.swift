import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// Where the slab allocator and its debugging aids keep addresses of objects that are none of their
/// users': words there do not count as references.
///
/// An array of free objects keeps the address of one that it has given away; a slab keeps that of
/// its first object.
struct AllocatorRecords: Sendable {
  /// A structure that names the cache whose objects it holds.
  private struct Holder: Sendable {
    /// Where the pointer to the cache is.
    let cache: Int
    /// Where a pointer to an object is.
    let object: Int
  }

  private let memory: any VirtualMemory
  private let machine: Machine
  /// The addresses of the caches, by their indices.
  private let caches: [VirtualAddress]
  private let cacheSet: Set<VirtualAddress>
  /// For each cache, where a free object has its free pointer; nil where it is not known.
  private let freePointers: [Int?]
  /// Caches of tools that keep a record of every object.
  private let recorders: Set<Int>
  /// Arrays of free objects and the like, by address.
  private var ranges: [Range<VirtualAddress>] = []
  /// A `slab_sheaf` and its array of free objects.
  private let sheaf: Holder?
  /// `struct slab`, or `struct page` before it, with the address of the first object: SLAB's.
  private let slab: Holder?

  /// Functions of mm/slub.c or mm/slab.c.
  private static let anchors = [
    "kmem_cache_alloc", "kmem_cache_alloc_noprof", "__kmem_cache_shutdown", "___slab_alloc",
  ]

  /// Finds the records of a kernel.
  init(_ kernel: Kernel, census: Census) {
    memory = kernel.memory
    machine = kernel.machine
    caches = census.caches.map(\.address)
    cacheSet = Set(caches)
    recorders = Set(
      ["kmemleak_object", "debug_objects_cache"].flatMap { census.caches(named: $0) })
    let types = kernel.types
    let cache = types.structure("kmem_cache", near: Self.anchors)
    let pointer = cache?.field("offset")
    freePointers = caches.map { address in
      guard let pointer,
        let record = try? Record(at: address, extent: pointer.end, in: kernel.memory)
      else { return nil }
      return Int(exactly: record[pointer])
    }
    func holder(_ name: String, _ cache: String, _ object: String) -> Holder? {
      guard let structure = types.structure(name, near: Self.anchors),
        let cache = structure.offset(cache), let object = structure.offset(object)
      else { return nil }
      return Holder(cache: cache, object: object)
    }
    sheaf = holder("slab_sheaf", "cache", "objects")
    slab = holder("slab", "slab_cache", "s_mem") ?? holder("page", "slab_cache", "s_mem")
    addKFENCE(KFENCEPool(kernel))
    addStackRing(of: kernel)
    if pointer == nil, let cache, let layout = try? SLABLayout(cache) {
      addArrays(layout, in: kernel)
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
  }

  private mutating func addKFENCE(_ pool: KFENCEPool) {
    if !pool.records.isEmpty { ranges.append(pool.records) }
  }

  /// Adds the ring in which KASAN's modes with tags keep the latest allocations and frees.
  ///
  /// mm/kasan/tags.c since "kasan: implement stack ring for tag-based modes", v6.1.
  private mutating func addStackRing(of kernel: Kernel) {
    let anchors = ["kasan_save_alloc_info", "kasan_complete_mode_report_info"]
    guard let variable = kernel.address(of: "stack_ring"),
      let ring = kernel.types.structure("kasan_stack_ring", near: anchors),
      let size = ring.field("size"), let entries = ring.field("entries"),
      let stride = try? ring.target(of: "entries")?.requireSize(),
      let record = try? Record(at: variable, extent: [size, entries].extent, in: memory),
      let count = Int(exactly: record[size]), count <= Self.largestRing
    else { return }
    let start = machine.untagged(VirtualAddress(record[entries]))
    let end = start.advanced(by: count &* stride)
    if start != VirtualAddress(0), start < end { ranges.append(start..<end) }
  }

  /// A ring has 32768 entries unless the kernel's command line says otherwise.
  private static let largestRing = 1 << 24

  /// Adds SLAB's arrays of free objects.
  private mutating func addArrays(_ layout: SLABLayout, in kernel: Kernel) {
    let nodes = NUMANodes.count(in: kernel)
    for cache in caches {
      guard
        let record = try? Record(
          at: cache, extent: [layout.cpuArray].extent, in: kernel.memory)
      else { continue }
      for cpu in kernel.perCPU.possible {
        let pointer = VirtualAddress(record[layout.cpuArray])
        addArray(kernel.perCPU.address(of: pointer, cpu: cpu), layout)
      }
      let list = try? kernel.pointers("the nodes", at: cache.advanced(by: layout.nodes), nodes)
      for node in list ?? [] where node != VirtualAddress(0) {
        if let shared = try? memory.pointer(at: node.advanced(by: layout.shared.offset)) {
          addArray(machine.untagged(shared), layout)
        }
      }
    }
  }

  private mutating func addArray(_ address: VirtualAddress, _ layout: SLABLayout) {
    let fields = [layout.array.available, layout.array.limit]
    guard let record = try? Record(at: address, extent: fields.extent, in: memory),
      let limit = Int(exactly: record[layout.array.limit]), limit <= Self.largestLimit
    else { return }
    let start = address.advanced(by: layout.array.entries)
    let end = start.advanced(by: limit * 8)
    if start < end { ranges.append(start..<end) }
  }

  /// No array has room for more objects: `/proc/slabinfo` takes any limit, sysadmins set hundreds.
  private static let largestLimit = 1 << 16

  /// Whether a word at an address outside of slabs is a record of the allocator's.
  func hold(_ address: VirtualAddress) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= address { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(address)
  }

  /// Whether a word in the memory map is SLAB's record of the first object of a slab of `cache`.
  func isFirstObject(_ address: VirtualAddress, of cache: Int) -> Bool {
    guard let slab else { return false }
    return pointer(at: address.advanced(by: slab.cache - slab.object)) == caches[cache]
  }

  /// Whether a word at an offset into an allocated object of a cache is a record of the allocator's.
  ///
  /// Behind its free objects, a sheaf holds what was in its memory before: addresses of objects of
  /// other caches as well.
  func hold(_ offset: Int, in object: VirtualAddress, of cache: Int) -> Bool {
    if recorders.contains(cache) { return true }
    guard let sheaf, offset >= sheaf.object else { return false }
    return pointer(at: object.advanced(by: sheaf.cache)).map(cacheSet.contains) ?? false
  }

  /// Whether the word at this place in an object may be left of the list of free objects: nobody
  /// clears the pointer to the object that came next.
  func isFreePointer(at offset: Int, of cache: Int, to target: Int, targetOffset: Int) -> Bool {
    cache == target && targetOffset == 0 && freePointers[cache] == offset
  }

  private func pointer(at address: VirtualAddress) -> VirtualAddress? {
    (try? memory.pointer(at: address)).map(machine.untagged)
  }
}

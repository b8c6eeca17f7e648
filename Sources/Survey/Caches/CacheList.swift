import Evidence
import KernelImage
import Memory

/// The caches of a kernel: those on `slab_caches`, and later those that only their slabs know.
struct CacheList: Sendable {
  /// The caches, in the order of the kernel's list.
  private(set) var caches: [SurveyedCache] = []
  /// What is wrong with the list itself.
  private(set) var remarks: [String] = []
  private var indices: [VirtualAddress: Int] = [:]
  /// Where slabs have their cache but none is.
  private var strangers: Set<VirtualAddress> = []
  private let layout: CacheLayout
  private let extent: Int
  private let kernel: Kernel

  /// No kernel has more caches than this: memory cgroups of old kernels had some thousands each.
  private static let limit = 1 << 20

  /// Walks `slab_caches`, reading `extent` bytes of each `struct kmem_cache`.
  init(_ kernel: Kernel, layout: CacheLayout, extent: Int) {
    self.layout = layout
    self.extent = extent
    self.kernel = kernel
    guard let head = kernel.address(of: "slab_caches") else {
      remarks.append("the kernel has no symbol slab_caches: caches are known by their slabs only")
      return
    }
    let list = LinkedList(head: head, limit: Self.limit, in: kernel)
    for node in list.nodes {
      let address = node.advanced(by: -layout.list)
      if !add(address) { remarks.append("the cache at \(address) cannot be read") }
    }
    if let fault = list.fault {
      remarks.append("slab_caches is damaged: \(fault.summary); its rest is known by slabs only")
    }
  }

  /// The index of the cache at an address that a slab names.
  ///
  /// Adds one that is not on the list; nil when there cannot be a cache at the address.
  mutating func index(adding address: VirtualAddress) -> Int? {
    if let known = indices[address] { return known }
    guard !strangers.contains(address) else { return nil }
    let index = caches.count
    if add(address) {
      if caches[index].cache.faults.isEmpty, !caches[index].cache.name.isEmpty {
        // `kmem_cache_destroy` takes a cache off the list even if objects are left in it.
        caches[index].cache.faults.append(
          Fault(.mismatch, at: address, "it has slabs but is not on slab_caches"))
        return index
      }
      indices[address] = nil
      caches.removeLast()
    }
    strangers.insert(address)
    return nil
  }

  private mutating func add(_ address: VirtualAddress) -> Bool {
    guard indices[address] == nil,
      let record = try? Record(at: address, extent: extent, in: kernel.memory)
    else { return false }
    indices[address] = caches.count
    caches.append(SurveyedCache(record, layout: layout, kernel: kernel))
    return true
  }
}

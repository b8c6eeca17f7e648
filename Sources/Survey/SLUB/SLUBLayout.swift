import DebugInfo

/// Where SLUB keeps free objects, as far as the kernel at hand has each place.
struct SLUBLayout: Hashable, Sendable {
  /// `struct kmem_cache_cpu`: the slab a CPU allocates from and its lockless freelist.
  struct CPUSlab: Hashable, Sendable {
    /// The per-CPU pointer in `struct kmem_cache`.
    let pointer: Field
    /// The slab's `struct page` or `struct slab`.
    let slab: Field
    /// The first free object.
    let freelist: Field
    /// The pointer to the first of other slabs that the CPU has taken; nil where it takes none.
    let partial: Field?
  }

  /// `struct slub_percpu_sheaves`, `slab_sheaf` and `node_barn`: arrays of free objects.
  struct Sheaves: Hashable, Sendable {
    /// The per-CPU pointer in `struct kmem_cache`; null in a cache without sheaves.
    let pointer: Field
    /// How many objects a sheaf holds, in `struct kmem_cache`.
    let capacity: Field
    /// A CPU's sheaves to allocate from: the main and the spare one.
    let active: [Field]
    /// A CPU's sheaf of objects freed by `kfree_rcu`.
    let rcuFree: Field?
    /// A sheaf's cache.
    let cache: Field
    /// How many objects are in a sheaf.
    let size: Field
    /// Where a sheaf's objects begin, in bytes.
    let objects: Int
    /// Where a sheaf's node on a barn's list is, in bytes.
    let barnList: Int
    /// The barns of a cache.
    let barns: Barns?
  }

  /// Where a cache has its barns, one a NUMA node.
  struct Barns: Hashable, Sendable {
    /// Where the array begins in `struct kmem_cache`, in bytes.
    let array: Int
    /// The size of its elements in bytes.
    let stride: Int
    /// How many elements the debug information gives it.
    let count: Int
    /// The pointer to the barn: in the element, or in the structure the element points to.
    let barn: Field
    /// Whether the element is a pointer to what holds `barn`.
    let isIndirect: Bool
    /// Where the list of full sheaves is in `struct node_barn`, in bytes.
    let full: Int
    /// How many sheaves are on it.
    let fullCount: Field?
    /// What whoever changes it holds; 0 when nobody does.
    let lock: Field?
  }

  /// Where the free pointer lies in a free object, in bytes.
  let offset: Field
  /// What free pointers are combined with.
  ///
  /// Linux 2482ddec670f ("mm: add SLUB free list pointer obfuscation"), v4.14, if configured.
  let random: Field?
  /// The slabs of the CPUs; nil from Linux 32c894c7274b, v7.0, and with CONFIG_SLUB_TINY.
  let cpuSlab: CPUSlab?
  /// The sheaves; nil before Linux 2d517aa09bbc ("slab: add opt-in caching layer of percpu
  /// sheaves"), v6.18.
  let sheaves: Sheaves?

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ cache: Structure) throws(LayoutFailure) {
    offset = try cache.require("offset")
    random = cache.field("random")
    cpuSlab = try cache.field("cpu_slab").map { (pointer) throws(LayoutFailure) in
      let cpu = try cache.requireTarget(of: "cpu_slab")
      return CPUSlab(
        pointer: pointer,
        // `page` before Linux bb192ed9aa71 ("mm/slub: Convert most struct page to struct slab by
        // spatch"), v5.17.
        slab: try cpu.require("slab", "page"), freelist: try cpu.require("freelist"),
        partial: cpu.field("partial"))
    }
    sheaves = try cache.field("cpu_sheaves").map { (pointer) throws(LayoutFailure) in
      let cpu = try cache.requireTarget(of: "cpu_sheaves")
      let sheaf = try cpu.requireTarget(of: "main")
      return Sheaves(
        pointer: pointer, capacity: try cache.require("sheaf_capacity"),
        active: [try cpu.require("main"), try cpu.require("spare")],
        rcuFree: cpu.field("rcu_free"), cache: try sheaf.require("cache"),
        size: try sheaf.require("size"), objects: try sheaf.requirePlace(of: "objects"),
        barnList: try sheaf.requirePlace(of: "barn_list"), barns: try Barns(cache))
    }
  }

  /// The members of `struct kmem_cache` that the layout reads.
  var fields: [Field] {
    [offset] + [random, cpuSlab?.pointer, sheaves?.pointer, sheaves?.capacity].compactMap { $0 }
  }
}

extension SLUBLayout.Barns {
  /// Finds the barns of a cache; nil where the kernel has none.
  init?(_ cache: Structure) throws(LayoutFailure) {
    // Since Linux 5ba6bc27b1f9, v7.1, an element has pointers to both the node and its barn; before
    // that it points to the node, which has the pointer to the barn.
    let name = cache.member("per_node") == nil ? "node" : "per_node"
    guard let element = cache.target(of: name), let barn = element.field("barn") else { return nil }
    array = try cache.requirePlace(of: name)
    count = cache.elementCount(of: name) ?? 1
    isIndirect = name == "node"
    stride = isIndirect ? 8 : try element.requireSize()
    self.barn = barn
    let structure = try element.requireTarget(of: "barn")
    full = try structure.requirePlace(of: "sheaves_full")
    fullCount = structure.field("nr_full")
    lock = structure.lock("lock")
  }
}

import DebugInfo

/// Where SLAB keeps free objects.
///
/// SLAB went away with Linux 16a1d968358a ("mm/slab: remove mm/slab.c and slab_def.h"), v6.8.
struct SLABLayout: Hashable, Sendable {
  /// `struct array_cache`: an array of free objects.
  struct ArrayCache: Hashable, Sendable {
    /// How many objects it holds.
    let available: Field
    /// How many it has room for.
    let limit: Field
    /// Where the objects begin, in bytes.
    let entries: Int
  }

  /// How many bytes an index on a slab's freelist has: 1 or 2.
  let indexSize: Int
  /// The array caches.
  let array: ArrayCache
  /// The per-CPU pointer to a CPU's array cache, in `struct kmem_cache`.
  let cpuArray: Field
  /// Where the array of pointers to `struct kmem_cache_node` is in `struct kmem_cache`, in bytes.
  let nodes: Int
  /// The pointer to the array cache shared by a node's CPUs, in `struct kmem_cache_node`.
  let shared: Field
  /// The pointer to the array of alien caches; nil without CONFIG_NUMA's.
  let alien: Field?
  /// Where the array cache is in an alien cache, in bytes.
  ///
  /// 0 before Linux c8522a3a5832 ("mm/slab: introduce alien_cache"), v3.17, put a lock before it.
  let arrayOfAlien: Int

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ cache: Structure) throws(LayoutFailure) {
    // One byte where pages are small: Linux a41adfaa23df ("slab: introduce byte sized index for the
    // freelist of a slab"), v3.15.
    guard let index = cache.table.alias(named: "freelist_idx_t"),
      let size = cache.table.size(of: index), size == 1 || size == 2
    else { throw LayoutFailure(missing: "freelist_idx_t") }
    indexSize = size
    let cpu = try cache.requireTarget(of: "cpu_cache")
    array = ArrayCache(
      available: try cpu.require("avail"), limit: try cpu.require("limit"),
      entries: try cpu.requirePlace(of: "entry"))
    cpuArray = try cache.require("cpu_cache")
    nodes = try cache.requirePlace(of: "node")
    let node = try cache.requireTarget(of: "node")
    shared = try node.require("shared")
    alien = node.field("alien")
    arrayOfAlien = node.target(of: "alien")?.place(of: "ac") ?? 0
  }

  /// The members of `struct kmem_cache` that the layout reads.
  var fields: [Field] { [cpuArray] }
}

import DebugInfo

/// Where `struct kmem_cache` keeps what both allocators have.
struct CacheLayout: Hashable, Sendable {
  /// Where a cache tells how many objects one of its slabs has, and its order.
  enum Shape: Hashable, Sendable {
    /// SLUB: one word, the order from bit 16 on.
    case packed(Field)
    /// SLAB: two members.
    case split(objects: Field, order: Field)
  }

  /// Where the list node is by which `slab_caches` links the caches, in bytes.
  let list: Int
  /// The pointer to the name.
  let name: Field
  /// The size its users asked for.
  let objectSize: Field
  /// The distance between objects.
  let slotSize: Field
  /// How many caches share it.
  let sharers: Field?
  /// The cache that it is the part for one memory cgroup of; null in a cache of its own.
  ///
  /// Until Linux 10befea91b61 ("mm: memcg/slab: use a single set of kmem_caches for all
  /// allocations"), v5.9.
  let root: Field?
  /// The usual size of a slab.
  let shape: Shape
  /// What lies in a slot before the object: SLUB's `red_left_pad`, SLAB's `obj_offset`.
  ///
  /// SLUB without SLUB_DEBUG and SLAB without DEBUG_SLAB do not have it.
  let lead: Field?

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ cache: Structure, isSLUB: Bool) throws(LayoutFailure) {
    list = try cache.requirePlace(of: "list")
    name = try cache.require("name")
    objectSize = try cache.require("object_size")
    slotSize = try cache.require("size")
    sharers = cache.field("refcount")
    root = cache.field("memcg_params.root_cache")
    if isSLUB {
      shape = .packed(try cache.require("oo"))
      lead = cache.field("red_left_pad")
    } else {
      shape = .split(objects: try cache.require("num"), order: try cache.require("gfporder"))
      lead = cache.field("obj_offset")
    }
  }

  /// Whether the caches are SLUB's.
  var isSLUB: Bool {
    if case .packed = shape { true } else { false }
  }

  /// The fields that this layout reads.
  var fields: [Field] {
    let shape =
      switch shape {
      case .packed(let both): [both]
      case .split(let objects, let order): [objects, order]
      }
    return [name, objectSize, slotSize] + shape + [sharers, root, lead].compactMap { $0 }
  }
}

import DebugInfo

/// What the `struct page` of a slab's first page tells, and where.
///
/// Since Linux d122019bf061 ("mm: Split slab into its own type"), v5.17, `struct slab` lies over it.
struct SlabPageLayout: Hashable, Sendable {
  /// What tells a slab's first page from other pages.
  let mark: PageMark
  /// The pointer to the slab's cache.
  let cache: Field
  /// SLUB: the first free object; SLAB: the array of the indices of free objects.
  let freelist: Field
  /// How many objects are in use: SLUB's `inuse`, SLAB's `active`.
  let inUse: Field
  /// SLUB: how many objects there are; in SLAB the cache tells.
  let objects: Field?
  /// SLUB: whether a CPU owns the slab.
  let isFrozen: Field?
  /// SLAB: the pointer to the first object; in SLUB it is that of the page.
  let start: Field?

  /// Where the node is by which lists of slabs link it, in bytes.
  ///
  /// `lru` before Linux 916ac0527837 ("slub: use slab_list instead of lru"), v5.2.
  let list: Int?
  /// Where the pointer to the next slab of a CPU's list is, in bytes; nil where there is no such list.
  let next: Int?

  /// Bit 0 of this word says that a page is not the first of its block.
  ///
  /// Linux 1d798ca3f164 ("mm: make compound_head() robust"), v4.4; `compound_info` since
  /// d50569612c29, v7.1.
  let tail: Field?

  /// How many bytes from the start of a `struct page` hold all of this.
  var extent: Int {
    [mark.field, cache, freelist, inUse, objects, isFrozen, start, tail].compactMap { $0 }.extent
  }

  /// Resolves the layout; throws when the debug information lacks a member.
  init(
    isSLUB: Bool, types: any TypeSource, anchors: [String]
  ) throws(LayoutFailure) {
    guard let page = types.structure("page", near: anchors) else {
      throw LayoutFailure(missing: "struct page")
    }
    mark = try .slab(page: page, types: types, anchors: anchors)
    tail = page.field("compound_info") ?? page.field("compound_head")
    let slab: Structure
    if page.field("slab_cache") != nil {
      // Until Linux 07f910f9b729 ("mm: Remove slab from struct page"), v5.17.
      slab = page
    } else {
      guard let found = types.structure("slab", near: anchors) else {
        throw LayoutFailure(missing: "struct slab")
      }
      slab = found
    }
    cache = try slab.require("slab_cache")
    list = slab.place(of: "slab_list") ?? slab.place(of: "lru")
    next = slab.place(of: "next")
    freelist = try slab.require("freelist")
    if isSLUB {
      inUse = try slab.require("inuse")
      objects = try slab.require("objects")
      isFrozen = slab.field("frozen")
      start = nil
    } else {
      inUse = try slab.require("active")
      objects = nil
      isFrozen = nil
      start = try slab.require("s_mem")
    }
  }
}

import ByteKit
import DebugInfo
import Memory

/// Where a `struct page` tells what its page frame is used for.
struct FrameLayout: Sendable {
  /// Functions of mm/page_alloc.c, whose unit has all the types needed.
  static let anchors = ["get_page_from_freelist", "__free_pages_ok", "free_unref_page"]
  /// The page allocator's blocks have 2^10 pages at most, or 2^13 where somebody configured so.
  private static let largestOrder: UInt64 = 16

  /// Types of pages that are told by a mark.
  struct Marks: Sendable {
    var buddy: PageMark?
    var guardPage: PageMark?
    var offline: PageMark?
    var unaccepted: PageMark?
    var slab: PageMark?
    var largeObject: PageMark?
    var table: PageMark?
    var hugePage: PageMark?
    var zsmalloc: PageMark?
    var netpp: PageMark?

    /// The fields that the marks lie in.
    var fields: [Field] {
      [
        buddy, guardPage, offline, unaccepted, slab, largeObject, table, hugePage, zsmalloc, netpp,
      ].compactMap { $0?.field }
    }
  }

  let flags: Field
  let holders: Field
  let mapping: Field
  /// The order of a free block.
  let order: Field
  /// Bit 0 says that the page is a later one of a block.
  let tail: Field
  /// The signature of a page pool, and the pool: since Linux 5.14 (c07aea3ef4d4, "mm: add a
  /// signature in struct page").
  let pool: (signature: Field, owner: Field)?
  let marks: Marks
  /// Bits of the flags; 0 where there is no such flag.
  let reserved: UInt64
  let poisoned: UInt64
  let listed: UInt64
  let head: UInt64
  let swapBacked: UInt64
  /// How many bytes from the start of a `struct page` hold all of this.
  let extent: Int

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ types: any TypeSource) throws(LayoutFailure) {
    guard let page = types.structure("page", near: Self.anchors) else {
      throw LayoutFailure(missing: "struct page")
    }
    flags = try page.require("flags")
    holders = try page.require("_refcount")
    mapping = try page.require("mapping")
    order = try page.require("private")
    tail = try page.require("compound_info", "compound_head")
    if let signature = page.field("pp_magic"), let owner = page.field("pp") {
      pool = (signature, owner)
    } else {
      pool = nil
    }
    func mask(_ name: String) -> UInt64 {
      types.enumerator(name, near: Self.anchors)
        .map { (0..<64).contains($0) ? 1 << UInt64($0) : 0 } ?? 0
    }
    reserved = mask("PG_reserved")
    poisoned = mask("PG_hwpoison")
    listed = mask("PG_lru")
    head = mask("PG_head")
    swapBacked = mask("PG_swapbacked")
    func mark(_ name: String) -> PageMark? {
      PageMark(type: name, page: page, types: types, anchors: Self.anchors)
    }
    marks = Marks(
      buddy: .buddy(page: page, types: types, anchors: Self.anchors),
      guardPage: mark("guard"), offline: .offline(page: page, types: types, anchors: Self.anchors),
      unaccepted: mark("unaccepted"),
      slab: try? .slab(page: page, types: types, anchors: Self.anchors),
      largeObject: mark("large_kmalloc"),
      table: .table(page: page, types: types, anchors: Self.anchors),
      hugePage: mark("hugetlb"), zsmalloc: mark("zsmalloc"), netpp: mark("netpp"))
    let pool = [pool?.signature, pool?.owner].compactMap { $0 }
    extent = ([flags, holders, mapping, order, tail] + pool + marks.fields).extent
  }

  /// How many frames the free block has that begins at a frame, whose `struct page` is in a span;
  /// nil when none does.
  func freeBlock(from frame: UInt64, _ span: RawSpan, at base: Int) -> UInt64? {
    let isFree = [marks.buddy, marks.guardPage].contains {
      $0.map { span.has($0, at: base) } ?? false
    }
    guard isFree else { return nil }
    let order = span.load(order, at: base) ?? 0
    let pages = order <= Self.largestOrder ? UInt64(1) << order : 1
    // What is not aligned is no block of this size.
    return frame & (pages - 1) == 0 ? pages : 1
  }
}

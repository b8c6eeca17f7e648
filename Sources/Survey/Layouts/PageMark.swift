import DebugInfo

/// What tells pages of one kind from all other pages: some bits of their `struct page`.
struct PageMark: Hashable, Sendable {
  /// The member that holds the bits.
  let field: Field
  /// The bits that count.
  let mask: UInt64
  /// What they are for pages of this kind.
  let value: UInt64

  /// The mark of a slab's first page; throws when the debug information does not tell it.
  static func slab(
    page: Structure, types: any TypeSource, anchors: [String]
  ) throws(LayoutFailure) -> PageMark {
    if let mark = PageMark(type: "slab", page: page, types: types, anchors: anchors) { return mark }
    guard let slab = types.enumerator("PG_slab", near: anchors), slab > 0, slab < 64 else {
      throw LayoutFailure(missing: "PG_slab")
    }
    // Before Linux 46df8e73a4a3 ("mm: free up PG_slab"), v6.10: the number of a page flag.
    let bit = UInt64(1) << UInt64(slab)
    return PageMark(field: try page.require("flags"), mask: bit, value: bit)
  }

  /// The mark of the first page of a free block of the page allocator, or nil when it is not known.
  static func buddy(page: Structure, types: any TypeSource, anchors: [String]) -> PageMark? {
    if let mark = PageMark(type: "buddy", page: page, types: types, anchors: anchors) {
      return mark
    }
    if let type = page.field("page_type") {
      // Linux 6e292b9be7f4 ("mm: split page_type out from _mapcount"), v4.18: bit 7 clear, a macro.
      return cleared(0x80, type)
    }
    // Before that, PAGE_BUDDY_MAPCOUNT_VALUE: -128.
    return page.field("_mapcount").map {
      PageMark(field: $0, mask: 0xffff_ffff, value: 0xffff_ff80)
    }
  }

  /// The mark of a page table, or nil when it is not known.
  static func table(page: Structure, types: any TypeSource, anchors: [String]) -> PageMark? {
    if let mark = PageMark(type: "table", page: page, types: types, anchors: anchors) {
      return mark
    }
    // Macros before v6.10. Bit 9 was that of kmem pages until Linux 18b2db3b0385 ("mm: Convert page
    // kmemcg type to a page memcg flag"), v5.11, which came with `memcg_data`.
    let bit: UInt64 = page.field("mem_cgroup") == nil ? 0x200 : 0x400
    return page.field("page_type").map { cleared(bit, $0) }
  }

  /// The mark of a page that the hypervisor has, or nil when it is not known.
  static func offline(page: Structure, types: any TypeSource, anchors: [String]) -> PageMark? {
    // A macro before v6.10: Linux ca215086b14b ("mm: convert PG_balloon to PG_offline"), v5.1.
    PageMark(type: "offline", page: page, types: types, anchors: anchors)
      ?? page.field("page_type").map { cleared(0x100, $0) }
  }

  /// A bit of the page type that is clear for pages of the type, among the macros' values.
  private static func cleared(_ bit: UInt64, _ field: Field) -> PageMark {
    PageMark(field: field, mask: 0xf000_0000 | bit, value: 0xf000_0000)
  }

  /// The mark of a type of pages whose name enumerators end in; nil when there is none of it.
  init?(type name: String, page: Structure, types: any TypeSource, anchors: [String]) {
    guard let field = page.field("page_type") else { return nil }
    if let type = types.enumerator("PGTY_" + name, near: anchors) {
      // Linux 4ffca5a96678 ("mm: support only one page_type per page"), v6.12: a number in the top
      // byte; the other bits belong to whoever set the type.
      self.init(
        field: field, mask: 0xff00_0000,
        value: UInt64(truncatingIfNeeded: type) << 24 & 0xff00_0000)
      return
    }
    guard let type = types.enumerator("PG_" + name, near: anchors), type >= 64 else { return nil }
    // Linux 46df8e73a4a3 ("mm: free up PG_slab"), v6.10: a bit, clear for pages of the type.
    let base = types.enumerator("PAGE_TYPE_BASE", near: anchors) ?? 0xf000_0000
    let bits = UInt64(UInt32(truncatingIfNeeded: base))
    self.init(
      field: field, mask: bits | UInt64(UInt32(truncatingIfNeeded: type)), value: bits)
  }

  private init(field: Field, mask: UInt64, value: UInt64) {
    self.field = field
    self.mask = mask
    self.value = value
  }
}

extension RawSpan {
  /// Whether the `struct page` at `base` has a mark.
  @inline(__always) func has(_ mark: PageMark, at base: Int) -> Bool {
    load(mark.field, at: base).map { $0 & mark.mask == mark.value } ?? false
  }
}

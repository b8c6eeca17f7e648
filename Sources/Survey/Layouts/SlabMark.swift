import DebugInfo

/// What tells the first page of a slab from all other pages: some bits of its `struct page`.
struct SlabMark: Hashable, Sendable {
  /// The member that holds the bits.
  let field: Field
  /// The bits that count.
  let mask: UInt64
  /// What they are for a slab.
  let value: UInt64

  /// Finds the mark among the enumerators of the kernel; throws when neither form is known.
  init(
    page: Structure, types: any TypeSource, anchors: [String]
  ) throws(LayoutFailure) {
    if let type = types.enumerator("PGTY_slab", near: anchors) {
      // Linux 4ffca5a96678 ("mm: support only one page_type per page"), v6.12: a number in the top
      // byte; the other bits belong to whoever set the type.
      self.init(
        field: try page.require("page_type"), mask: 0xff00_0000,
        value: UInt64(truncatingIfNeeded: type) << 24 & 0xff00_0000)
      return
    }
    guard let slab = types.enumerator("PG_slab", near: anchors), slab > 0 else {
      throw LayoutFailure(missing: "PG_slab")
    }
    if slab >= 64 {
      // Linux 46df8e73a4a3 ("mm: free up PG_slab"), v6.10: a bit of the page type, clear for a slab.
      let base = types.enumerator("PAGE_TYPE_BASE", near: anchors) ?? 0xf000_0000
      let bits = UInt64(UInt32(truncatingIfNeeded: base))
      self.init(
        field: try page.require("page_type"),
        mask: bits | UInt64(UInt32(truncatingIfNeeded: slab)), value: bits)
    } else {
      // Before that: the number of a page flag.
      let bit = UInt64(1) << UInt64(slab)
      self.init(field: try page.require("flags"), mask: bit, value: bit)
    }
  }

  private init(field: Field, mask: UInt64, value: UInt64) {
    self.field = field
    self.mask = mask
    self.value = value
  }
}

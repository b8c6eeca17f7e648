public import Memory

/// What a walk through a kernel's page tables needs to know, as data.
public struct PageTableShape: Hashable, Sendable {
  /// The size of a page, and of every table but the first.
  public let pageSize: PageSize
  /// How many bits of an address index each table, the first one first.
  public let indexWidths: [Int]
  /// How the entries are read.
  public let format: PageTableEntryFormat
  /// The first address of the kernel's part of the address space, which reaches to its end.
  public let start: VirtualAddress

  /// AMD64 with four levels of tables, or five (`NUMBER(pgtable_l5_enabled)`).
  public static func x86_64(hasFiveLevels: Bool, encryptionMask: UInt64 = 0) -> PageTableShape {
    PageTableShape(
      pageSize: .kib4, indexWidths: Array(repeating: 9, count: hasFiveLevels ? 5 : 4),
      format: .x86_64(encryptionMask: encryptionMask),
      start: VirtualAddress(UInt64.max << (hasFiveLevels ? 56 : 47)))
  }

  /// AArch64 with `virtualBits` bits of kernel addresses, or nil when no kernel has so many.
  ///
  /// The first table is indexed by what is left of them; the others fill a page each.
  public static func arm64(pageSize: PageSize, virtualBits: Int) -> PageTableShape? {
    guard (36...52).contains(virtualBits) else { return nil }
    let full = pageSize.shift - 3
    let indexed = virtualBits - pageSize.shift
    let first = indexed % full == 0 ? full : indexed % full
    let widths = [first] + Array(repeating: full, count: (indexed - first) / full)
    guard widths.count > 1 else { return nil }
    return PageTableShape(
      pageSize: pageSize, indexWidths: widths,
      format: .arm64(pageSize: pageSize, isWide: virtualBits == 52 && pageSize != .kib64),
      start: VirtualAddress(UInt64.max << UInt64(virtualBits)))
  }

  /// AArch64: where the direct map ends, in the middle of the addresses of kernels since v5.4.
  ///
  /// A kernel of 52 bits must run on processors that have fewer, and has the middle that it would
  /// have there: `_PAGE_END(VA_BITS_MIN)` of arch/arm64/include/asm/memory.h, 47 bits with pages of
  /// 16 KiB and 48 with others.
  var directMapEnd: VirtualAddress {
    let bits = start.rawValue.trailingZeroBitCount
    let fewest = pageSize == .kib16 ? 47 : 48
    return VirtualAddress(UInt64.max << UInt64((bits > 48 ? fewest : bits) - 1))
  }

  /// The height of the first table: one less than the number of levels.
  public var rootHeight: Int { indexWidths.count - 1 }

  /// The base-2 logarithm of the bytes that one entry of a table of this height maps.
  public func shift(atHeight height: Int) -> Int { pageSize.shift + height * (pageSize.shift - 3) }

  /// Which entry of a table of this height an address belongs to.
  public func index(of address: VirtualAddress, atHeight height: Int) -> Int {
    let width = indexWidths[rootHeight - height]
    return Int(
      truncatingIfNeeded: address.rawValue >> UInt64(shift(atHeight: height))
        & ((1 << UInt64(width)) - 1))
  }
}

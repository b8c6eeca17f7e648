public import Memory

/// What one page table entry says.
public enum PageTableStep: Hashable, Sendable {
  /// Nothing is mapped below it.
  case empty
  /// The next table begins here.
  case table(PhysicalAddress)
  /// The memory it maps begins here.
  case leaf(PhysicalAddress)
  /// No kernel writes such an entry.
  case malformed
}

/// How the bits of a page table entry are to be read, as data.
///
/// Entries have 8 bytes. The height of a table is its distance from the last level, whose tables
/// have height 0 and map single pages.
public struct PageTableEntryFormat: Hashable, Sendable {
  /// The bits that are all set in an entry that maps something.
  public var present: UInt64
  /// The bits that tell a leaf from a table, above height 0.
  public var leafMask: UInt64
  /// What those bits are in a leaf above height 0.
  public var leafValue: UInt64
  /// The bits that are all set in a present entry of height 0.
  public var pageBits: UInt64
  /// The greatest height at which a leaf may stand.
  public var highestLeaf: Int
  /// The bits that hold the physical address in place.
  public var addressMask: UInt64
  /// Bits that hold a part of the physical address out of place, and how far left they go.
  public var displaced: Displaced?

  /// A part of a physical address that an entry keeps in lower bits.
  public struct Displaced: Hashable, Sendable {
    /// The bits of the entry.
    public var mask: UInt64
    /// How far they are shifted left to get their place in the address.
    public var shift: UInt64
  }

  /// AMD64's entries: bit 0 present, bit 7 a large page, the address in bits 12 to 51.
  ///
  /// `encryptionMask` is the bit by which memory encryption marks an address (VMCOREINFO's
  /// `NUMBER(sme_mask)`). Source: AMD64 Architecture Programmer's Manual, volume 2, 5.3 and 7.10.2.
  public static func x86_64(encryptionMask: UInt64 = 0) -> PageTableEntryFormat {
    PageTableEntryFormat(
      present: 1, leafMask: 1 << 7, leafValue: 1 << 7, pageBits: 1, highestLeaf: 2,
      addressMask: bits(12...51) & ~encryptionMask)
  }

  /// AArch64's descriptors: bit 0 valid, bit 1 a table, or in the last level a page.
  ///
  /// With 64 KiB pages, bits 12 to 15 hold bits 48 to 51 of the address (FEAT_LPA); they are zero on
  /// machines without it. With `isWide` (FEAT_LPA2, which Linux uses with 4 KiB and 16 KiB pages only
  /// for 52-bit virtual addresses), bits 8 and 9 hold bits 50 and 51. Source: Arm Architecture
  /// Reference Manual, D8.3, translation table descriptor formats.
  public static func arm64(pageSize: PageSize, isWide: Bool) -> PageTableEntryFormat {
    var format = PageTableEntryFormat(
      present: 1, leafMask: 2, leafValue: 0, pageBits: 3,
      // 1 GiB blocks exist with 4 KiB pages only, until FEAT_LPA and FEAT_LPA2 add larger ones.
      highestLeaf: pageSize == .kib4 ? 2 : 1,
      addressMask: bits(pageSize.shift...(isWide ? 49 : 47)))
    if pageSize == .kib64 {
      format.highestLeaf = 2
      format.displaced = Displaced(mask: bits(12...15), shift: 36)
    } else if isWide {
      format.highestLeaf += 1
      format.displaced = Displaced(mask: bits(8...9), shift: 42)
    }
    return format
  }

  /// Reads an entry of a table of this height.
  public func step(_ entry: UInt64, height: Int) -> PageTableStep {
    guard entry & present == present else { return .empty }
    if height == 0 {
      return entry & pageBits == pageBits ? .leaf(address(in: entry)) : .malformed
    }
    guard entry & leafMask == leafValue else { return .table(address(in: entry)) }
    return height <= highestLeaf ? .leaf(address(in: entry)) : .malformed
  }

  private func address(in entry: UInt64) -> PhysicalAddress {
    let low = entry & addressMask
    guard let displaced else { return PhysicalAddress(low) }
    return PhysicalAddress(low | (entry & displaced.mask) << displaced.shift)
  }

  private static func bits(_ range: ClosedRange<Int>) -> UInt64 {
    (UInt64.max >> UInt64(63 - range.upperBound)) & (UInt64.max << UInt64(range.lowerBound))
  }
}

public import Memory

/// Where page frames are mapped: the pages themselves in the direct map, and their `struct page`.
///
/// Both maps are linear once their bases are known; which frames have a `struct page` at all is
/// told by `ranges` (the sections of SPARSEMEM that have a memory map).
public struct PageMap: Hashable, Sendable {
  /// The size of a page.
  public let pageSize: PageSize
  /// The size of `struct page` in bytes.
  public let structSize: Int
  /// Where the `struct page` of page frame 0 would be.
  public let structBase: VirtualAddress
  /// Where page frame 0 would be in the direct map.
  public let directMapBase: VirtualAddress
  /// The page frames that have a `struct page`: sorted, not touching, none empty.
  public let ranges: [Range<PageFrame>]

  /// Describes the maps.
  public init(
    pageSize: PageSize, structSize: Int, structBase: VirtualAddress, directMapBase: VirtualAddress,
    ranges: [Range<PageFrame>]
  ) {
    self.pageSize = pageSize
    self.structSize = structSize
    self.structBase = structBase
    self.directMapBase = directMapBase
    self.ranges = ranges
  }

  /// Where the `struct page` of a page frame is.
  public func structPage(of frame: PageFrame) -> VirtualAddress {
    structBase.advanced(by: frame.rawValue &* UInt64(structSize))
  }

  /// The page frame that a `struct page` describes, or nil when the address is not that of one.
  public func frame(ofStructPage address: VirtualAddress) -> PageFrame? {
    let (number, rest) = address.offset(from: structBase)
      .quotientAndRemainder(dividingBy: UInt64(max(structSize, 1)))
    let frame = PageFrame(number)
    return rest == 0 && contains(frame) ? frame : nil
  }

  /// Where a page frame is in the direct map.
  public func address(of frame: PageFrame) -> VirtualAddress {
    directMapBase.advanced(by: frame.rawValue << UInt64(pageSize.shift))
  }

  /// The page frame behind an address of the direct map, or nil when the address is not in it.
  public func frame(of address: VirtualAddress) -> PageFrame? {
    let frame = PageFrame(address.offset(from: directMapBase) >> UInt64(pageSize.shift))
    return contains(frame) ? frame : nil
  }

  /// Whether a page frame has a `struct page`.
  public func contains(_ frame: PageFrame) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= frame { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(frame)
  }
}

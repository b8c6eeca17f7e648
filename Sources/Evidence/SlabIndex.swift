internal import Memory

/// Finds the slab that holds an address in constant time: a table of 4 KiB pages for each 2 MiB of
/// address space that has slabs.
struct SlabIndex: Sendable {
  private static let pageShift: UInt64 = 12
  private static let regionShift: UInt64 = 21
  private static let pagesPerRegion = 512
  private static let none = UInt32.max
  /// A slab that claims to be larger, in bytes, is damaged.
  private static let largestSlab: UInt64 = 1 << 30

  /// The numbers of the regions that have slabs, ascending.
  private var regions: [UInt64] = []
  /// For each page of each region, the slab on it or `none`.
  private var slabs: [UInt32] = []

  /// Indexes slabs that are sorted by their first page.
  init(_ all: [Slab]) {
    for (number, slab) in all.enumerated() {
      // A kernel page is one or more of the 4 KiB pages counted here; the distance to the end of
      // the objects bounds what a slab can hold where its page count is not known.
      let bytes = min(
        max(
          UInt64(slab.pages) << Self.pageShift,
          slab.firstObject.offset(from: slab.firstPage)
            &+ UInt64(slab.slots) * UInt64(slab.slotSize)), Self.largestSlab)
      let first = slab.firstPage.rawValue >> Self.pageShift
      let last = slab.firstPage.rawValue.addingReportingOverflow(max(bytes, 1) - 1)
      guard !last.overflow else { continue }
      for page in first...(last.partialValue >> Self.pageShift) {
        let region = page >> (Self.regionShift - Self.pageShift)
        if regions.last != region {
          // Slabs come in address order, so a region that is not the last is a new one, or, for a
          // slab that begins in the shadow of a larger one, is dropped.
          guard regions.last ?? 0 < region || regions.isEmpty else { continue }
          regions.append(region)
          slabs.append(contentsOf: repeatElement(Self.none, count: Self.pagesPerRegion))
        }
        let position = (regions.count - 1) * Self.pagesPerRegion + Int(page) % Self.pagesPerRegion
        // Behind a left red zone, the last slot reaches beyond the slab's pages; what begins there
        // has the better claim.
        slabs[position] = UInt32(number)
      }
    }
  }

  func slab(containing address: VirtualAddress) -> Int? {
    let region = address.rawValue >> Self.regionShift
    var low = 0
    var high = regions.count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle] < region { low = middle + 1 } else { high = middle }
    }
    guard low < regions.count, regions[low] == region else { return nil }
    let page =
      Int(truncatingIfNeeded: address.rawValue >> Self.pageShift) & (Self.pagesPerRegion - 1)
    let slab = slabs[low * Self.pagesPerRegion + page]
    return slab == Self.none ? nil : Int(slab)
  }
}

import KernelImage
import Memory

/// The page frames that the kernel maps elsewhere than in the direct map: there they are known by
/// other addresses, which tell what they are for.
struct MappedFrames: Sendable {
  /// A run of page frames and where it is mapped.
  private struct Run: Sendable {
    let frames: Range<UInt64>
    let start: VirtualAddress
  }

  /// What frames are mapped for, the most telling first.
  private static let uses: [AddressRegion.Use] = [.kernelImage, .modules, .pageStructs, .vmalloc]
  /// For each use its runs, by their first frame.
  private var runs: [[Run]] = uses.map { _ in [] }
  private let pageShift: UInt64

  /// Sweeps the page tables of a kernel.
  init(_ kernel: Kernel) {
    pageShift = UInt64(kernel.pages.pageSize.shift)
    guard let tables = kernel.tables else { return }
    // Each frame is mapped about once; tables that map more do not belong to a sound kernel.
    var room = kernel.physical.frames.reduce(0) {
      $0 &+ $1.upperBound.rawValue &- $1.lowerBound.rawValue
    }
    for (number, use) in Self.uses.enumerated() {
      for region in kernel.regions where region.use == use {
        _ = tables.sweep(region.range) { map in
          guard room > 0 else { return }
          room -= 1
          add(map, number)
        }
      }
      // A sort that keeps the order of equals: what was swept first counts.
      let sorted = runs[number].enumerated().sorted { one, other in
        (one.element.frames.lowerBound, one.offset)
          < (other.element.frames.lowerBound, other.offset)
      }
      runs[number] = sorted.map(\.element)
    }
  }

  private mutating func add(_ map: LinearMap, _ use: Int) {
    let first = map.start.rawValue >> pageShift
    let count = map.range.upperBound.offset(from: map.range.lowerBound) >> pageShift
    guard count > 0, first &+ count > first else { return }
    if let last = runs[use].last, last.frames.upperBound == first,
      last.start.advanced(by: UInt64(last.frames.count) << pageShift) == map.range.lowerBound
    {
      runs[use][runs[use].count - 1] = Run(
        frames: last.frames.lowerBound..<(first + count), start: last.start)
    } else {
      runs[use].append(Run(frames: first..<(first + count), start: map.range.lowerBound))
    }
  }

  /// Where a page frame is mapped and what for, or nil when it is only in the direct map.
  ///
  /// A part of the kernel's image that was freed after boot is still mapped there; `isImage` is false
  /// for frames that are known not to be of the image any more.
  func mapping(
    of frame: PageFrame, isImage: Bool = true
  ) -> (address: VirtualAddress, use: AddressRegion.Use)? {
    for (number, use) in Self.uses.enumerated() where isImage || use != .kernelImage {
      if let address = address(of: frame.rawValue, in: runs[number]) { return (address, use) }
    }
    return nil
  }

  private func address(of frame: UInt64, in runs: [Run]) -> VirtualAddress? {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].frames.lowerBound <= frame { low = middle + 1 } else { high = middle }
    }
    // A large mapping may begin before small ones in it.
    for run in runs[max(0, low - Self.lookBack)..<low] where run.frames.contains(frame) {
      return run.start.advanced(by: (frame - run.frames.lowerBound) << pageShift)
    }
    return nil
  }

  /// How many runs that begin before a frame are looked at.
  private static let lookBack = 16
}

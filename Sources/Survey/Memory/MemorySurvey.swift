public import Evidence
public import KernelImage
import Memory

/// The survey of where memory went: every page frame of the kernel's memory map in one class.
public struct MemorySurvey: Sendable {
  private let kernel: Kernel
  private let census: Census
  private let layout: FrameLayout

  /// Resolves the layout; throws when the debug information does not describe `struct page`.
  public init(_ kernel: Kernel, census: Census) throws(LayoutFailure) {
    self.kernel = kernel
    self.census = census
    layout = try FrameLayout(kernel.types)
  }

  /// The page frames classed by one task; no block of the page allocator is larger.
  private static let framesPerTask: UInt64 = 1 << 15
  /// A memory map of more frames than this, 64 TiB of memory, is damaged.
  private static let largestMap: UInt64 = 1 << 34

  /// Classes all frames that have a `struct page`.
  public func account() async -> (account: MemoryAccount, ghosts: GhostPages) {
    let owners = await FrameOwners(kernel, census: census)
    let classifier = FrameClassifier(owners, layout: layout)
    var tally = FrameTally()
    for part in await concurrently(parts(), { classifier.tally($0) }) { tally.add(part) }
    let assembly = AccountAssembly(
      tally, owners: owners, counters: PageCounters(kernel),
      marksLargeObjects: layout.marks.largeObject != nil)
    return (assembly.account(), assembly.ghosts())
  }

  /// All frames that have a `struct page`, cut where no block crosses.
  private func parts() -> [Range<UInt64>] {
    var parts: [Range<UInt64>] = []
    var left = Self.largestMap
    for range in kernel.pages.ranges {
      var start = range.lowerBound.rawValue
      while start < range.upperBound.rawValue, left > 0 {
        let next = (start / Self.framesPerTask + 1) * Self.framesPerTask
        let end = min(next, range.upperBound.rawValue)
        parts.append(start..<end)
        left -= min(left, end - start)
        start = end
      }
    }
    return parts
  }
}

import ByteKit
import DebugInfo
import KernelImage
import Memory

/// Finds the block of pages that a page was allocated in.
struct PageBlocks: Sendable {
  private let kernel: Kernel
  private let tail: Field?
  private var known: [PageFrame: Range<PageFrame>] = [:]

  /// The page allocator's blocks have 2^10 pages, or 2^13 where somebody configured so, and begin at
  /// multiples of their size.
  private static let largest: UInt64 = 1 << 13

  /// Resolves the layout; without it, every page is a block of its own.
  init(_ kernel: Kernel) {
    self.kernel = kernel
    let page = kernel.types.structure("page", near: PacketLayout.anchors)
    tail = page?.field("compound_info") ?? page?.field("compound_head")
  }

  /// The pages of the block that a page is in: all that is freed with it.
  mutating func block(of frame: PageFrame) -> Range<PageFrame> {
    if let block = known[frame] { return block }
    let start = frame.rawValue & ~(Self.largest - 1)
    var first = frame.rawValue
    while first > start, isTail(first) { first -= 1 }
    var end = frame.rawValue + 1
    while end < start + Self.largest, isTail(end) { end += 1 }
    let block = PageFrame(first)..<PageFrame(end)
    for page in first..<end { known[PageFrame(page)] = block }
    return block
  }

  private func isTail(_ frame: UInt64) -> Bool {
    guard let tail, kernel.pages.contains(PageFrame(frame)) else { return false }
    let page = kernel.pages.structPage(of: PageFrame(frame))
    return kernel.value(tail, at: page).map { $0 & 1 != 0 } ?? false
  }
}

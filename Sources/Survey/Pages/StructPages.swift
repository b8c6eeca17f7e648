import ByteKit
import KernelImage
import Memory

/// Lends the `struct page` of one page frame after the other.
struct StructPages: Sendable {
  private let pages: PageMap
  private let memory: any VirtualMemory

  /// Reads a kernel's memory map.
  init(_ kernel: Kernel) {
    pages = kernel.pages
    memory = kernel.memory
  }

  /// Calls `body` for each frame with a span and where in it the structure is, and with nil where
  /// that cannot be read.
  func forEach(_ frames: Range<UInt64>, _ body: (UInt64, RawSpan?, Int) -> Void) {
    let size = pages.structSize
    let pageSize = pages.pageSize
    var frame = frames.lowerBound
    while frame < frames.upperBound {
      let address = pages.structPage(of: PageFrame(frame))
      let offset = pageSize.offset(of: address)
      // The structures from here that lie in this page as a whole, or one that does not.
      let whole = UInt64((pageSize.bytes - offset) / max(size, 1))
      let count = min(max(whole, 1), frames.upperBound - frame)
      if whole > 0, let page = try? memory.page(at: address) {
        for number in 0..<Int(count) {
          body(frame + UInt64(number), page.bytes.span, offset + number * size)
        }
      } else if whole == 0, let bytes = try? memory.bytes(at: address, count: size) {
        body(frame, bytes.span, 0)
      } else {
        for number in 0..<count { body(frame + number, nil, 0) }
      }
      frame += count
    }
  }
}

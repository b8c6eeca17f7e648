import ByteKit
import KernelImage
import Memory

/// What a page frame is used for, as far as it decides whether references can be there.
enum FrameUse: UInt8, Sendable {
  /// Nobody uses it.
  case free
  /// A process has it, or it holds a part of a file.
  case user
  /// The kernel took it before the page allocator was there, or it is no memory.
  case reserved
  /// Nobody holds it: it belongs to a block of pages, of which the first is held, or is no memory.
  case unheld
  /// The kernel uses it.
  case kernel
  /// Its `struct page` cannot be read.
  case unknown
}

/// Tells by every `struct page` what its page frame is used for.
struct FrameUses: Sendable {
  private let pages: StructPages
  private let structSize: Int
  private let layout: FrameLayout?
  private let listed: FreePageLists

  /// Resolves the layout; without one, all uses are unknown.
  init(_ kernel: Kernel) {
    pages = StructPages(kernel)
    structSize = kernel.pages.structSize
    layout = try? FrameLayout(kernel.types)
    listed = FreePageLists(kernel)
  }

  /// The uses of a run of page frames; a block of free pages that begins before it is not seen.
  func uses(of frames: Range<PageFrame>) -> [FrameUse] {
    let frames = frames.lowerBound.rawValue..<frames.upperBound.rawValue
    guard let layout, structSize >= layout.extent else {
      return Array(repeating: .unknown, count: frames.count)
    }
    var uses: [FrameUse] = []
    uses.reserveCapacity(frames.count)
    var endOfFree = frames.lowerBound
    pages.forEach(frames) { frame, span, base in
      if frame < endOfFree {
        uses.append(.free)
      } else if let span {
        if let count = layout.freeBlock(from: frame, span, at: base) { endOfFree = frame &+ count }
        uses.append(
          frame < endOfFree || listed.contains(PageFrame(frame))
            ? .free : use(span, at: base, layout, after: uses.last))
      } else {
        uses.append(.unknown)
      }
    }
    return uses
  }

  /// The use of a frame that is not free.
  private func use(
    _ span: RawSpan, at base: Int, _ layout: FrameLayout, after previous: FrameUse?
  ) -> FrameUse {
    func word(_ field: Field) -> UInt64 { span.load(field, at: base) ?? 0 }
    // The first page of its block comes right before it and its like.
    if word(layout.tail) & 1 != 0 { return previous ?? .kernel }
    let flags = word(layout.flags)
    // Pages on these lists belong to processes and files, and to nobody else.
    if flags & layout.listed != 0 { return .user }
    if flags & layout.reserved != 0 { return .reserved }
    if let slab = layout.marks.slab, span.has(slab, at: base) { return .kernel }
    // PAGE_MAPPING_ANON: bit 0 of a pointer to what maps the page into processes.
    let mapping = word(layout.mapping)
    if mapping & 1 != 0, mapping >> 56 == 0xff { return .user }
    return word(layout.holders) == 0 ? .unheld : .kernel
  }
}

import ByteKit
import DebugInfo
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
  private let pages: PageMap
  private let memory: any VirtualMemory
  private let flags: Field?
  private let userMask: UInt64
  private let reservedMask: UInt64
  private let buddy: PageMark?
  private let slab: PageMark?
  private let order: Field?
  private let holders: Field?
  private let mapping: Field?
  private let tail: Field?
  private let extent: Int
  private let listed: FreePageLists

  /// The page allocator's blocks have 2^10 pages at most, or 2^13 where somebody configured so.
  private static let largestOrder: UInt64 = 16
  /// Functions of mm/page_alloc.c.
  static let anchors = ["get_page_from_freelist", "__free_pages_ok", "free_unref_page"]

  /// Resolves the layout; what the debug information does not tell is not told apart.
  init(_ kernel: Kernel) {
    pages = kernel.pages
    memory = kernel.memory
    listed = FreePageLists(kernel)
    let types = kernel.types
    let page = types.structure("page", near: Self.anchors)
    flags = page?.field("flags")
    func mask(_ name: String) -> UInt64 {
      types.enumerator(name, near: Self.anchors)
        .map { (0..<64).contains($0) ? 1 << UInt64($0) : 0 } ?? 0
    }
    // Pages on these lists belong to processes and files, and to nobody else.
    userMask = mask("PG_lru")
    reservedMask = mask("PG_reserved")
    buddy = page.flatMap { .buddy(page: $0, types: types, anchors: Self.anchors) }
    slab = page.flatMap { try? .slab(page: $0, types: types, anchors: Self.anchors) }
    order = page?.field("private")
    holders = page?.field("_refcount")
    mapping = page?.field("mapping")
    tail = page?.field("compound_info") ?? page?.field("compound_head")
    extent =
      [flags, buddy?.field, slab?.field, order, holders, mapping, tail].compactMap { $0 }.extent
  }

  /// The uses of a run of page frames; a block of free pages that begins before it is not seen.
  func uses(of frames: Range<PageFrame>) -> [FrameUse] {
    let end = frames.upperBound.rawValue
    let size = pages.structSize
    let pageSize = pages.pageSize
    var uses: [FrameUse] = []
    var frame = frames.lowerBound.rawValue
    uses.reserveCapacity(Int(end - frame))
    guard size >= extent, size <= pageSize.bytes else {
      return Array(repeating: .unknown, count: Int(end - frame))
    }
    while frame < end {
      let address = pages.structPage(of: PageFrame(frame))
      let offset = pageSize.offset(of: address)
      // The structures from here that lie in this page as a whole, or one that does not.
      let whole = UInt64((pageSize.bytes - offset) / size)
      let count = min(max(whole, 1), end - frame)
      let done = Int(frame - frames.lowerBound.rawValue)
      do throws(Absence) {
        let bytes =
          whole > 0
          ? try memory.page(at: address).bytes : try memory.bytes(at: address, count: size)
        let span = bytes.span
        let base = whole > 0 ? offset : 0
        for number in 0..<Int(count) where uses.count <= done + number {
          append(span, at: base + number * size, frame: frame + UInt64(number), before: end, &uses)
        }
      } catch {
        let left = done + Int(count) - uses.count
        uses.append(contentsOf: repeatElement(.unknown, count: max(0, left)))
      }
      frame += count
    }
    return uses
  }

  /// Adds the use of a frame, or of all of a block of free frames.
  private func append(
    _ span: RawSpan, at base: Int, frame: UInt64, before end: UInt64, _ uses: inout [FrameUse]
  ) {
    if let buddy, span.has(buddy, at: base) {
      let order = order.flatMap { span.load($0, at: base) } ?? 0
      let pages = order <= Self.largestOrder ? UInt64(1) << order : 1
      let count = frame & (pages - 1) == 0 ? min(pages, end - frame) : 1
      uses.append(contentsOf: repeatElement(.free, count: Int(count)))
    } else if listed.contains(PageFrame(frame)) {
      uses.append(.free)
    } else if let tail, span.load(tail, at: base).map({ $0 & 1 != 0 }) ?? false {
      // The first page of its block comes right before it and its like.
      uses.append(uses.last ?? .kernel)
    } else {
      uses.append(use(span, at: base))
    }
  }

  /// The use of a frame that is not free and no later part of a block.
  private func use(_ span: RawSpan, at base: Int) -> FrameUse {
    let flags = flags.flatMap { span.load($0, at: base) } ?? 0
    if flags & userMask != 0 { return .user }
    if flags & reservedMask != 0 { return .reserved }
    if let slab, span.has(slab, at: base) { return .kernel }
    // PAGE_MAPPING_ANON: bit 0 of a pointer to what maps the page into processes.
    let mapping = mapping.flatMap { span.load($0, at: base) } ?? 0
    if mapping & 1 != 0, mapping >> 56 == 0xff { return .user }
    return holders.flatMap { span.load($0, at: base) } == 0 ? .unheld : .kernel
  }
}

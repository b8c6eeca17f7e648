import ByteKit
import Evidence
import KernelImage
import Memory

/// Puts each page frame of a run into a class.
struct FrameClassifier: Sendable {
  private let owners: FrameOwners
  private let layout: FrameLayout
  private let pages: StructPages
  private let map: PageMap

  init(_ owners: FrameOwners, layout: FrameLayout) {
    self.owners = owners
    self.layout = layout
    pages = StructPages(owners.kernel)
    map = owners.kernel.pages
  }

  /// Classes frames; a block that begins before them is not seen as one.
  func tally(_ frames: Range<UInt64>) -> FrameTally {
    var state = State(owners: owners, frames: frames)
    guard map.structSize >= layout.extent else {
      for _ in frames { state.tally.count(.unknown) }
      return state.tally
    }
    pages.forEach(frames) { frame, span, base in
      guard !state.skips(frame) else { return }
      guard let span else {
        state.tally.close()
        return state.tally.count(state.isMemory(frame) ? .unknown : .noMemory)
      }
      classify(frame, span, base, &state)
    }
    return state.tally
  }

  private func classify(_ frame: UInt64, _ span: RawSpan, _ base: Int, _ state: inout State) {
    func word(_ field: Field) -> UInt64 { span.load(field, at: base) ?? 0 }
    if let count = layout.freeBlock(from: frame, span, at: base) {
      return state.begin(State.Run(end: frame + count, use: .free), at: frame)
    }
    if owners.listed.contains(PageFrame(frame)) { return state.count(.freeOnCPU) }
    if let run = state.known(at: frame) { return state.begin(run, at: frame) }
    let flags = word(layout.flags)
    if word(layout.tail) & 1 != 0, state.extend() { return }
    if flags & layout.poisoned != 0 { return state.count(.hardwarePoisoned) }
    if let use = markedUse(span, base) { return state.count(use) }
    if let (use, owner) = mappedUse(span, base, flags) { return state.count(use, owner) }
    let holders = word(layout.holders)
    let isReserved = flags & layout.reserved != 0
    if let (use, owner) = owners.use(of: frame, holders: holders, isReserved: isReserved) {
      return state.count(use, owner)
    }
    guard state.isMemory(frame) else { return state.count(.noMemory) }
    if isReserved { return state.count(.reserved) }
    if owners.packets.frames.contains(frame) { return state.count(.socketBuffers) }
    if flags & layout.listed != 0 { return state.count(.detached) }
    if holders == 0 {
      if state.tally.canExtend(to: frame) { state.tally.extend() } else { state.count(.unheld) }
    } else {
      state.open(frame, isCompound: flags & layout.head != 0)
    }
  }

  /// What a page's type says.
  private func markedUse(_ span: RawSpan, _ base: Int) -> FrameClass? {
    let marks = layout.marks
    func has(_ mark: PageMark?) -> Bool { mark.map { span.has($0, at: base) } ?? false }
    if has(marks.offline) || has(marks.unaccepted) { return .offline }
    if has(marks.slab) { return .slab }
    if has(marks.largeObject) { return .largeObject }
    if has(marks.hugePage) { return .hugePages }
    if has(marks.table) { return .pageTables }
    if has(marks.zsmalloc) { return .zsmalloc }
    if has(marks.netpp) { return .pagePool }
    guard let pool = layout.pool else { return nil }
    // PP_SIGNATURE: 0x40 behind what makes it no address; ee62ce7a1d90 ("page_pool: Track DMA-mapped
    // pages and unmap them when destroying the pool"), v6.16, put a number above it.
    let signature = span.load(pool.signature, at: base) ?? 0
    guard signature >> 48 == 0xdead, signature & 0xfc == 0x40,
      let owner = span.load(pool.owner, at: base), owner >> 56 == 0xff
    else { return nil }
    return .pagePool
  }

  /// What the pointer to a page's file or process says.
  private func mappedUse(
    _ span: RawSpan, _ base: Int, _ flags: UInt64
  ) -> (FrameClass, FrameOwner)? {
    let mapping = span.load(layout.mapping, at: base) ?? 0
    guard mapping >> 56 == 0xff else { return nil }
    // PAGE_MAPPING_FLAGS of include/linux/page-flags.h.
    switch mapping & 3 {
    case 1: return (.anonymous, .none)
    case 3: return (.anonymous, FrameOwner(kind: .merged, value: 0))
    case 2: return layout.marks.zsmalloc == nil ? (.zsmalloc, .none) : nil
    default:
      guard let system = owners.files.system(ofMapping: mapping) else { return nil }
      return (
        flags & layout.swapBacked != 0 ? .shared : .pageCache,
        FrameOwner(kind: .fileSystem, value: UInt64(system))
      )
    }
  }
}

extension FrameClassifier {
  /// The state of going through a run of frames.
  private struct State {
    /// Frames of one class, up to an end.
    struct Run {
      let end: UInt64
      let use: FrameClass
      var owner = FrameOwner.none
    }

    let owners: FrameOwners
    var tally = FrameTally()
    private var run = Run(end: 0, use: .noMemory)
    /// Whether a later page of a block can belong to the frame before.
    private var isInBlock = false
    private var memory: ArraySlice<Range<PageFrame>>
    private var slabs: Range<Int>
    private var huge: ArraySlice<Range<UInt64>>

    init(owners: FrameOwners, frames: Range<UInt64>) {
      self.owners = owners
      let start = PageFrame(frames.lowerBound)
      memory = owners.kernel.physical.frames.drop { $0.upperBound <= start }
      let all = owners.census.slabs
      let address = owners.kernel.pages.address(of: start)
      var low = 0
      var high = all.count
      while low < high {
        let middle = (low + high) / 2
        if all[middle].firstPage < address { low = middle + 1 } else { high = middle }
      }
      // A slab may begin before the frames.
      slabs = max(0, low - 1)..<all.count
      huge = owners.huge.frames.drop { $0.upperBound <= frames.lowerBound }
    }

    /// Whether a frame is in the run; it is counted then.
    @inline(__always) mutating func skips(_ frame: UInt64) -> Bool {
      guard frame < run.end else { return false }
      tally.count(run.use, run.owner)
      return true
    }

    mutating func begin(_ run: Run, at frame: UInt64) {
      self.run = run
      tally.close()
      isInBlock = false
      tally.count(run.use, run.owner)
    }

    mutating func count(_ use: FrameClass, _ owner: FrameOwner = .none) {
      tally.close()
      isInBlock = use != .noMemory && use != .freeOnCPU && use != .unheld && use != .reserved
      tally.count(use, owner)
    }

    mutating func open(_ frame: UInt64, isCompound: Bool) {
      isInBlock = false
      tally.open(frame, isCompound: isCompound)
    }

    /// Counts a later page of a block with the page before it; false when there is no such block.
    mutating func extend() -> Bool {
      if tally.isOpenCompound || isInBlock {
        tally.extend()
        return true
      }
      return false
    }

    /// The slab, huge page or guarded pool that a frame lies in, up to where that ends.
    mutating func known(at frame: UInt64) -> Run? {
      let pool = owners.kfence
      if pool.contains(PageFrame(frame)) { return Run(end: pool.upperBound.rawValue, use: .kfence) }
      while let slab = slabs.first {
        let first = owners.kernel.pages.frame(of: owners.census.slabs[slab].firstPage)?.rawValue
        let end = (first ?? 0) &+ UInt64(owners.census.slabs[slab].pages)
        if end > frame {
          guard let first, first <= frame else { break }
          let cache = UInt64(owners.census.slabs[slab].cache)
          return Run(end: end, use: .slab, owner: FrameOwner(kind: .cache, value: cache))
        }
        slabs.removeFirst()
      }
      while let page = huge.first, page.upperBound <= frame { huge.removeFirst() }
      if let page = huge.first, page.contains(frame) {
        return Run(end: page.upperBound, use: .hugePages)
      }
      return nil
    }

    /// Whether the dump knows memory at a frame.
    mutating func isMemory(_ frame: UInt64) -> Bool {
      while let range = memory.first, range.upperBound.rawValue <= frame { memory.removeFirst() }
      return memory.first.map { $0.lowerBound.rawValue <= frame } ?? false
    }
  }
}

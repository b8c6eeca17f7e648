import ByteKit
import KernelImage
import Memory

/// The search for the first pages of slabs among all `struct page`: full slabs are on no list.
struct PageScan: Sendable {
  /// What a part of the search came to.
  struct Outcome: Sendable {
    /// The first pages of slabs, ascending.
    var heads: [SlabHead] = []
    /// How many page frames of the dump's memory have a `struct page` that cannot be read.
    var unknownFrames = 0
    /// How many of these were left out on purpose, as makedumpfile -e does where no page is in use.
    var excludedFrames = 0

    /// What the user should know about the search.
    var remarks: [String] {
      guard unknownFrames > 0 else { return [] }
      return [
        "the struct page of \(unknownFrames) page frames cannot be read: slabs there do not count"
      ]
    }
  }

  /// The kernel searched.
  let kernel: Kernel
  private let layout: SlabPageLayout

  /// Prepares a search.
  init(_ kernel: Kernel, layout: SlabPageLayout) {
    self.kernel = kernel
    self.layout = layout
  }

  /// The page frames searched by one task: 2 MiB of page structures of 64 bytes.
  private static let framesPerTask: UInt64 = 32768
  /// A memory map of more frames than this, 64 TiB of memory, is damaged.
  private static let largestMap: UInt64 = 1 << 34

  /// Searches all frames that have a `struct page`.
  func outcome() async -> Outcome {
    var whole = Outcome()
    for part in await concurrently(parts(), { search($0) }) {
      whole.heads.append(contentsOf: part.heads)
      whole.unknownFrames += part.unknownFrames
      whole.excludedFrames += part.excludedFrames
    }
    return whole
  }

  /// The frames in parts of a task's size.
  ///
  /// Frames that the dump has no memory for are among them: somebody may have left them out, and
  /// their `struct page` tells all the same what they were.
  private func parts() -> [Range<PageFrame>] {
    var parts: [Range<PageFrame>] = []
    var left = Self.largestMap
    for frames in kernel.pages.ranges {
      var start = frames.lowerBound.rawValue
      while start < frames.upperBound.rawValue, left > 0 {
        let end = min(frames.upperBound.rawValue - start, Self.framesPerTask, left) + start
        parts.append(PageFrame(start)..<PageFrame(end))
        left -= end - start
        start = end
      }
    }
    return parts
  }

  /// How many of some frames the dump has memory for.
  private func inDump(_ frames: Range<PageFrame>) -> Int {
    kernel.physical.frames.reduce(0) { count, memory in
      let part = frames.clamped(to: memory)
      return count + Int(part.upperBound.rawValue - part.lowerBound.rawValue)
    }
  }

  private func search(_ frames: Range<PageFrame>) -> Outcome {
    var outcome = Outcome()
    let size = kernel.pages.structSize
    let pageSize = kernel.pages.pageSize
    guard size >= layout.extent, size <= pageSize.bytes else {
      outcome.unknownFrames = inDump(frames)
      return outcome
    }
    var frame = frames.lowerBound.rawValue
    while frame < frames.upperBound.rawValue {
      let address = kernel.pages.structPage(of: PageFrame(frame))
      let offset = pageSize.offset(of: address)
      // The structures from here that lie in this page as a whole, or one that does not.
      let whole = UInt64((pageSize.bytes - offset) / size)
      let count = min(max(whole, 1), frames.upperBound.rawValue - frame)
      do throws(Absence) {
        if whole > 0 {
          let page = try kernel.memory.page(at: address)
          collect(page.bytes.span, at: offset, frame: frame, count: Int(count), into: &outcome)
        } else {
          let bytes = try kernel.memory.bytes(at: address, count: size)
          collect(bytes.span, at: 0, frame: frame, count: 1, into: &outcome)
        }
      } catch {
        let unknown = inDump(PageFrame(frame)..<PageFrame(frame + count))
        outcome.unknownFrames += unknown
        if error == .excluded { outcome.excludedFrames += unknown }
      }
      frame += count
    }
    return outcome
  }

  /// Looks at `count` structures that lie one behind the other.
  private func collect(
    _ span: RawSpan, at offset: Int, frame: UInt64, count: Int, into outcome: inout Outcome
  ) {
    let size = kernel.pages.structSize
    let mark = layout.mark
    var base = offset
    for number in 0..<count {
      if let bits = span.load(mark.field, at: base), bits & mark.mask == mark.value,
        let head = head(span, at: base, frame: frame + UInt64(number))
      {
        outcome.heads.append(head)
      }
      base += size
    }
  }

  private func head(_ span: RawSpan, at base: Int, frame: UInt64) -> SlabHead? {
    guard let cache = span.load(layout.cache, at: base),
      let freelist = span.load(layout.freelist, at: base),
      let inUse = span.load(layout.inUse, at: base)
    else { return nil }
    let start = layout.start.flatMap { span.load($0, at: base) } ?? 0
    let objects = layout.objects.flatMap { span.load($0, at: base) } ?? 0
    let isFrozen = layout.isFrozen.flatMap { span.load($0, at: base) } ?? 0
    let machine = kernel.machine
    return SlabHead(
      frame: PageFrame(frame), cache: machine.untagged(VirtualAddress(cache)),
      freelist: machine.untagged(VirtualAddress(freelist)),
      start: machine.untagged(VirtualAddress(start)),
      objects: UInt32(truncatingIfNeeded: objects), inUse: UInt32(truncatingIfNeeded: inUse),
      isFrozen: isFrozen != 0)
  }

  /// The base-2 logarithm of the pages of the block that begins at a frame, told by the tail pages.
  ///
  /// Returns nil where they do not tell.
  func order(at frame: PageFrame) -> Int? {
    guard let tail = layout.tail else { return nil }
    var pages: UInt64 = 1
    while pages < 1 << UInt64(SurveyedCache.largestOrder) {
      let address = kernel.pages.structPage(of: PageFrame(frame.rawValue + pages))
      guard
        let word = try? kernel.memory.load(
          UInt64.self, at: address.advanced(by: tail.offset)), word & 1 != 0
      else { break }
      pages += 1
    }
    return pages & (pages - 1) == 0 ? pages.trailingZeroBitCount : nil
  }
}

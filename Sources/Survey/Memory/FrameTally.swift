import Evidence
import Memory

/// How many page frames are of each class, and which of them nothing accounts for.
struct FrameTally: Sendable {
  /// A class and, within it, an owner.
  struct Key: Hashable, Sendable {
    let use: FrameClass
    let owner: FrameOwner
  }

  /// The frames of each class and owner.
  private(set) var frames: [Key: Int] = [:]
  /// Blocks of frames that nothing accounts for, by the first frame.
  private(set) var blocks: [(first: UInt64, pages: Int, isCompound: Bool)] = []
  /// Whether the last block may still grow.
  private var isOpen = false
  private var last = Key(use: .noMemory, owner: .none)
  private var pending = 0

  /// Counts a frame.
  @inline(__always) mutating func count(_ use: FrameClass, _ owner: FrameOwner = .none) {
    let key = Key(use: use, owner: owner)
    if key != last { change(to: key) }
    pending += 1
  }

  private mutating func change(to key: Key) {
    if pending > 0 { frames[last, default: 0] += pending }
    (last, pending) = (key, 0)
  }

  /// Begins a block with a frame that nothing accounts for.
  mutating func open(_ frame: UInt64, isCompound: Bool) {
    blocks.append((frame, 1, isCompound))
    isOpen = true
    count(isCompound ? .compound : .unexplained)
  }

  /// Ends the block that is open, if one is.
  @inline(__always) mutating func close() { isOpen = false }

  /// Whether a block of known size is open.
  var isOpenCompound: Bool { isOpen && blocks.last?.isCompound == true }

  /// Whether a frame that nobody holds can belong to the block that is open.
  ///
  /// The page allocator's blocks have a power of two pages and are aligned to their own size.
  func canExtend(to frame: UInt64) -> Bool {
    guard isOpen, let block = blocks.last, !block.isCompound,
      frame == block.first &+ UInt64(block.pages)
    else { return false }
    let largest = min(block.first.trailingZeroBitCount, Self.largestOrder)
    return block.pages < 1 << largest
  }

  /// `MAX_PAGE_ORDER` is 10 unless somebody configured so.
  private static let largestOrder = 13

  /// Adds a frame to the block that is open, or counts it as one more of the class before it.
  mutating func extend() {
    if isOpen { blocks[blocks.count - 1].pages += 1 }
    pending += 1
  }

  /// Adds what the tally of later frames counted.
  mutating func add(_ other: FrameTally) {
    change(to: last)
    for (key, count) in other.counted { frames[key, default: 0] += count }
    blocks.append(contentsOf: other.blocks)
    isOpen = false
  }

  /// The frames of each class and owner, those not yet entered as well.
  var counted: [Key: Int] {
    guard pending > 0 else { return frames }
    return frames.merging([last: pending], uniquingKeysWith: +)
  }
}

internal import ByteKit
internal import Memory

/// The memory in the parts of a split dump: each page frame is in one of them, or in one not given.
struct SplitMemory: PhysicalMemory {
  let pageSize: PageSize
  /// Every part knows the frames of all of them.
  let frames: [Range<PageFrame>]
  private let others: any PhysicalMemory
  private let part: any PhysicalMemory
  private let heldByPart: Range<PageFrame>

  /// Adds a part, which holds these blocks, to others.
  init(
    _ others: any PhysicalMemory, adding part: any PhysicalMemory, blocks: Range<PageFrame>,
    blockSize: PageSize
  ) {
    self.others = others
    self.part = part
    pageSize = others.pageSize
    frames = others.frames
    let most = UInt64.max >> UInt64(blockSize.shift)
    let start = min(blocks.lowerBound.rawValue, most) << UInt64(blockSize.shift)
    let end = min(blocks.upperBound.rawValue, most) << UInt64(blockSize.shift)
    heldByPart =
      PageFrame(start >> UInt64(pageSize.shift))..<PageFrame(end >> UInt64(pageSize.shift))
  }

  func page(_ frame: PageFrame) throws(Absence) -> Bytes { try holder(of: frame).page(frame) }

  func absence(of frame: PageFrame) -> Absence? { holder(of: frame).absence(of: frame) }

  func status(of frame: PageFrame) -> PageStatus { holder(of: frame).status(of: frame) }

  private func holder(of frame: PageFrame) -> any PhysicalMemory {
    heldByPart.contains(frame) ? part : others
  }
}

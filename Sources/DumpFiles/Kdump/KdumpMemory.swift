internal import ByteKit
internal import Memory

/// The memory that a kdump-compressed file holds.
struct KdumpMemory: Sendable {
  let pageSize: PageSize
  let frames: [Range<PageFrame>]
  private let file: KdumpBlocks

  init(_ file: KdumpBlocks, pageSize: PageSize) {
    self.file = file
    self.pageSize = pageSize
    frames = file.knownRanges.compactMap { range in
      let shift = UInt64(file.blockSize.shift)
      let start = (range.lowerBound.rawValue << shift) + pageSize.mask
      let end = range.upperBound.rawValue << shift
      let first = PageFrame(start >> UInt64(pageSize.shift))
      let last = pageSize.frame(of: PhysicalAddress(end))
      return first < last ? first..<last : nil
    }
  }
}

extension KdumpMemory: DumpMemory {
  var heldFrames: [Range<PageFrame>] { frames }

  /// Every block has to be decompressed: this many pages take some seconds.
  var searchLimit: Int { 1 << 20 }

  func cut(into pageSize: PageSize) -> any DumpMemory {
    KdumpMemory(file, pageSize: pageSize)
  }

  func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    let difference = file.blockSize.shift - pageSize.shift
    if difference == 0 { return try file.block(frame.rawValue) }
    if difference > 0 {
      let block = try file.block(frame.rawValue >> UInt64(difference))
      let first = Int(frame.rawValue & (1 << UInt64(difference) - 1)) << pageSize.shift
      guard let page = block.slice(first..<(first + pageSize.bytes)) else { throw .truncated }
      return page
    }
    var joined: [UInt8] = []
    for number in try blocks(of: frame) { joined += try file.block(number).array }
    return Bytes(joined)
  }

  func absence(of frame: PageFrame) -> Absence? {
    if case .absent(let absence) = status(of: frame) { absence } else { nil }
  }

  func status(of frame: PageFrame) -> PageStatus {
    do throws(Absence) {
      var isZero = true
      for number in try blocks(of: frame) {
        isZero = file.isSharedZero(try file.descriptor(of: number)) && isZero
      }
      return isZero ? .zero : .present
    } catch {
      return .absent(error)
    }
  }

  func statusCounts(of frames: Range<PageFrame>) -> [PageStatus: Int] {
    guard file.blockSize == pageSize else {
      var counts: [PageStatus: Int] = [:]
      for frame in frames.lowerBound.rawValue..<frames.upperBound.rawValue {
        counts[status(of: PageFrame(frame)), default: 0] += 1
      }
      return counts
    }
    return file.statusCounts(of: frames.lowerBound.rawValue..<frames.upperBound.rawValue)
  }

  /// The blocks that a page lies in: one, unless the pages are larger than the blocks.
  private func blocks(of frame: PageFrame) throws(Absence) -> ClosedRange<UInt64> {
    let shift = UInt64(pageSize.shift)
    guard frame.rawValue <= UInt64.max >> shift else { throw .hole }
    let start = frame.rawValue << shift
    let blockShift = UInt64(file.blockSize.shift)
    return (start >> blockShift)...((start | pageSize.mask) >> blockShift)
  }
}

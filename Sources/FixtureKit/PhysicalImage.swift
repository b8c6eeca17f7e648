public import ByteKit
public import Memory

/// The memory of an imagined machine: the page frames that were written to, and nothing else.
///
/// Everything that makes a fixture writes into one of these, and every dump writer reads one.
public struct PhysicalImage: Sendable {
  /// The size of a page.
  public let pageSize: PageSize
  private let zeros: [UInt8]
  private var pages: [PageFrame: [UInt8]] = [:]

  /// A machine without any memory yet.
  public init(pageSize: PageSize = .kib4) {
    self.pageSize = pageSize
    zeros = Array(repeating: 0, count: pageSize.bytes)
  }

  /// Writes bytes, which may cross pages; a page touched for the first time starts as zeros.
  public mutating func write(_ bytes: [UInt8], at address: PhysicalAddress) {
    var done = 0
    while done < bytes.count {
      let next = address.advanced(by: UInt64(done))
      let frame = pageSize.frame(of: next)
      let offset = Int(truncatingIfNeeded: next.rawValue & pageSize.mask)
      let count = min(bytes.count - done, pageSize.bytes - offset)
      let part = bytes[done..<(done + count)]
      pages[frame, default: zeros].replaceSubrange(offset..<(offset + count), with: part)
      done += count
    }
  }

  /// Writes an integer in little-endian order, at any alignment.
  public mutating func write<Word: FixedWidthInteger>(_ word: Word, at address: PhysicalAddress) {
    write(word.littleEndianBytes, at: address)
  }

  /// Adds page frames that hold zeros; those that are there keep their contents.
  public mutating func add(_ frames: Range<PageFrame>) {
    for number in frames.lowerBound.rawValue..<frames.upperBound.rawValue
    where pages[PageFrame(number)] == nil {
      pages[PageFrame(number)] = zeros
    }
  }

  /// The bytes of page frames, one after the other; zeros where there is no memory.
  func contents(of frames: Range<PageFrame>) -> [UInt8] {
    (frames.lowerBound.rawValue..<frames.upperBound.rawValue)
      .flatMap { pages[PageFrame($0)] ?? zeros }
  }
}

extension PhysicalImage: PhysicalMemory {
  /// The page frames written to or added.
  public var frames: [Range<PageFrame>] {
    var ranges: [Range<PageFrame>] = []
    for frame in pages.keys.sorted() {
      let next = PageFrame(frame.rawValue + 1)
      if let last = ranges.last, last.upperBound == frame {
        ranges[ranges.count - 1] = last.lowerBound..<next
      } else {
        ranges.append(frame..<next)
      }
    }
    return ranges
  }

  /// The contents of a page frame; throws `Absence.hole` for one never written to.
  public func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    guard let page = pages[frame] else { throw .hole }
    return Bytes(page)
  }

  /// `Absence.hole` for a page frame never written to, nil for the others.
  public func absence(of frame: PageFrame) -> Absence? {
    pages[frame] == nil ? .hole : nil
  }
}

extension FixedWidthInteger {
  /// The integer's bytes, the least significant one first.
  var littleEndianBytes: [UInt8] {
    (0..<(Self.bitWidth / 8)).map { UInt8(truncatingIfNeeded: self >> Self($0 * 8)) }
  }
}

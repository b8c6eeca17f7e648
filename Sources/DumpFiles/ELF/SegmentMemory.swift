internal import ByteKit
internal import Memory

/// The memory that the segments of a file hold; its pages are parts of the file, never copies.
struct SegmentMemory: Sendable {
  let pageSize: PageSize
  /// The page frames that segments cover from end to end.
  let frames: [Range<PageFrame>]
  let heldFrames: [Range<PageFrame>]
  private let contents: DumpContents
  private let map: SegmentMap

  init(contents: DumpContents, map: SegmentMap, pageSize: PageSize) {
    self.contents = contents
    self.map = map
    self.pageSize = pageSize
    frames = Self.frames(under: map.pieces, pageSize: pageSize)
    heldFrames = Self.frames(
      under: map.pieces.filter { (try? $0.source.get()) != nil }, pageSize: pageSize)
  }

  /// The page frames of which every byte belongs to some piece.
  private static func frames(
    under pieces: [SegmentMap.Piece], pageSize: PageSize
  ) -> [Range<PageFrame>] {
    var joined: [Range<UInt64>] = []
    for piece in pieces {
      if let last = joined.last, last.upperBound == piece.addresses.lowerBound {
        joined[joined.count - 1] = last.lowerBound..<piece.addresses.upperBound
      } else {
        joined.append(piece.addresses)
      }
    }
    return joined.compactMap { addresses in
      let first = (addresses.lowerBound + pageSize.mask) >> UInt64(pageSize.shift)
      let end = addresses.upperBound >> UInt64(pageSize.shift)
      return first < end ? PageFrame(first)..<PageFrame(end) : nil
    }
  }
}

extension SegmentMemory: DumpMemory {
  /// Looking at a page costs no more than reading it from the disk.
  var searchLimit: Int { 1 << 23 }

  func cut(into pageSize: PageSize) -> any DumpMemory {
    SegmentMemory(contents: contents, map: map, pageSize: pageSize)
  }
}

extension SegmentMemory: PhysicalMemory {
  func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    let start = try startAddress(of: frame)
    let index = map.index(of: start)
    let end = start + UInt64(pageSize.bytes)
    guard index < map.pieces.count, map.pieces[index].addresses.contains(start) else { throw .hole }
    let piece = map.pieces[index]
    guard piece.addresses.upperBound < end else {
      return try bytes(of: piece, from: start, count: pageSize.bytes)
    }
    return try joinedPage(start..<end, firstPiece: index)
  }

  func absence(of frame: PageFrame) -> Absence? {
    do throws(Absence) {
      // Nothing is decompressed or, but for the rare page that lies in several pieces, copied.
      _ = try page(frame)
      return nil
    } catch {
      return error
    }
  }

  private func startAddress(of frame: PageFrame) throws(Absence) -> UInt64 {
    guard frame.rawValue < 1 << (52 - UInt64(pageSize.shift)) else { throw .hole }
    return pageSize.address(of: frame).rawValue
  }

  private func bytes(
    of piece: SegmentMap.Piece, from address: UInt64, count: Int
  ) throws(Absence) -> Bytes {
    let offset = try piece.source.get() + (address - piece.addresses.lowerBound)
    guard let bytes = contents.bytes(at: offset, count: count) else { throw .truncated }
    return bytes
  }

  /// A page that several pieces make up; they must follow each other without a gap.
  private func joinedPage(
    _ addresses: Range<UInt64>, firstPiece: Int
  ) throws(Absence) -> Bytes {
    var joined: [UInt8] = []
    var next = addresses.lowerBound
    var index = firstPiece
    while next < addresses.upperBound {
      guard index < map.pieces.count, map.pieces[index].addresses.lowerBound <= next else {
        throw .hole
      }
      let piece = map.pieces[index]
      let end = min(piece.addresses.upperBound, addresses.upperBound)
      joined += try bytes(of: piece, from: next, count: Int(end - next)).array
      next = end
      index += 1
    }
    return Bytes(joined)
  }
}

internal import Memory

/// Which part of a file holds each physical address: pieces in address order, none overlapping.
struct SegmentMap: Sendable {
  /// Addresses that follow each other in memory and in the file, or are absent for one reason.
  struct Piece: Sendable {
    var addresses: Range<UInt64>
    /// Where the first byte is in the file, or why there is none.
    var source: Result<UInt64, Absence>
  }

  let pieces: [Piece]

  /// No machine has more bits of physical address (arm64's LPA, x86's 5-level paging).
  private static let addressLimit = UInt64(1) << 52

  /// Sorts out the segments of a file that ends at `end`.
  ///
  /// Segments may overlap: the kernel's text has one of its own inside of RAM's. What any of them
  /// holds counts before what another lacks.
  init(_ segments: [MemorySegment], end: UInt64) {
    var held: [Piece] = []
    var absent: [Piece] = []
    for segment in segments where segment.address < Self.addressLimit {
      let limit = Self.addressLimit - segment.address
      let inDump = min(segment.fileSize, limit)
      let inFile = min(inDump, end - min(segment.fileOffset, end))
      let inMemory = max(min(segment.memorySize, limit), inDump)
      let start = segment.address
      held.append(start, start + inFile, .success(segment.fileOffset))
      absent.append(start + inFile, start + inDump, .failure(.truncated))
      // makedumpfile -E cuts runs of zero pages and of excluded pages alike from a segment's end.
      absent.append(start + inDump, start + inMemory, .failure(.excludedOrZero))
    }
    pieces = Self.merge(Self.withoutOverlaps(held), Self.withoutOverlaps(absent))
  }

  /// Whether the file ends before what a segment says it holds.
  var isCutOff: Bool { pieces.contains { $0.source == .failure(.truncated) } }

  /// The index of the first piece that ends behind an address.
  func index(of address: UInt64) -> Int {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].addresses.upperBound <= address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Sorts pieces by address; of two that overlap, the one that starts first keeps the overlap.
  private static func withoutOverlaps(_ pieces: [Piece]) -> [Piece] {
    var result: [Piece] = []
    for piece in pieces.sorted(by: { $0.addresses.lowerBound < $1.addresses.lowerBound }) {
      let taken = result.last?.addresses.upperBound ?? 0
      if let rest = piece.from(taken) { result.append(rest) }
    }
    return result
  }

  /// Fills the gaps between the pieces that are held with those that are not.
  private static func merge(_ held: [Piece], _ absent: [Piece]) -> [Piece] {
    var result = held
    var first = 0
    for gap in absent {
      while first < held.count, held[first].addresses.upperBound <= gap.addresses.lowerBound {
        first += 1
      }
      var index = first
      var rest: Piece? = gap
      while let part = rest, index < held.count,
        held[index].addresses.lowerBound < part.addresses.upperBound
      {
        result.append(part.addresses.lowerBound, held[index].addresses.lowerBound, part.source)
        rest = part.from(held[index].addresses.upperBound)
        index += 1
      }
      if let rest { result.append(rest) }
    }
    return result.sorted { $0.addresses.lowerBound < $1.addresses.lowerBound }
  }
}

extension SegmentMap.Piece {
  /// What is left of the piece from an address on, if anything is.
  fileprivate func from(_ address: UInt64) -> Self? {
    guard address > addresses.lowerBound else { return self }
    guard address < addresses.upperBound else { return nil }
    let skipped = address - addresses.lowerBound
    return Self(addresses: address..<addresses.upperBound, source: source.map { $0 + skipped })
  }
}

extension [SegmentMap.Piece] {
  /// Adds a piece unless it is empty.
  fileprivate mutating func append(
    _ start: UInt64, _ end: UInt64, _ source: Result<UInt64, Absence>
  ) {
    guard start < end else { return }
    append(SegmentMap.Piece(addresses: start..<end, source: source))
  }
}

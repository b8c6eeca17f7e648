/// What a dump has of a page frame.
public enum PageStatus: Hashable, Sendable {
  /// Its contents.
  case present
  /// The word that it holds nothing but zeros, without storing them.
  case zero
  /// Nothing that can be read.
  case absent(Absence)
}

extension PhysicalMemory {
  /// What the dump has of a page frame, for formats that store zeros like anything else.
  public func status(of frame: PageFrame) -> PageStatus {
    absence(of: frame).map { .absent($0) } ?? .present
  }

  /// How many of some page frames have each status, looked up one by one.
  public func statusCounts(of frames: Range<PageFrame>) -> [PageStatus: Int] {
    var counts: [PageStatus: Int] = [:]
    for frame in frames.lowerBound.rawValue..<frames.upperBound.rawValue {
      counts[status(of: PageFrame(frame)), default: 0] += 1
    }
    return counts
  }
}

internal import Memory

/// Writes LiME images (format=lime): a header of 32 bytes before each range of memory.
public struct LiMEBuilder: Sendable {
  /// A range of memory.
  public struct MemoryRange: Hashable, Sendable {
    /// The physical address of its first byte.
    public var start: UInt64
    /// The address that the header names as that of its last byte.
    public var last: UInt64
    /// What the file holds of it.
    public var contents: [UInt8]
  }

  /// The version in every header.
  public var version: UInt32 = 1
  /// The ranges, in the order of the file.
  public var ranges: [MemoryRange]

  /// An image with a range for each run of page frames.
  public init(memory: PhysicalImage) {
    ranges = memory.frames.map { frames in
      let start = memory.pageSize.address(of: frames.lowerBound).rawValue
      let contents = memory.contents(of: frames)
      return MemoryRange(start: start, last: start + UInt64(contents.count) - 1, contents: contents)
    }
  }

  /// The file.
  public var bytes: [UInt8] {
    var file: [UInt8] = []
    for range in ranges {
      file += Array("EMiL".utf8)
      file += version.littleEndianBytes
      file += range.start.littleEndianBytes
      file += range.last.littleEndianBytes
      file += [UInt8](repeating: 0, count: 8)
      file += range.contents
    }
    return file
  }
}

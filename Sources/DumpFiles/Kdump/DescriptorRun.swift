internal import ByteKit
internal import Memory

/// The descriptors of a kdump-compressed file, fetched many at a time for who needs all of them.
struct DescriptorRun {
  private static let count = 1024

  private let contents: DumpContents
  private let tableOffset: UInt64
  /// The index of the first descriptor fetched.
  private var first: UInt64 = 0
  private var bytes = Bytes.empty

  init(contents: DumpContents, tableOffset: UInt64) {
    self.contents = contents
    self.tableOffset = tableOffset
  }

  /// The descriptor of an index, which must be one of those that the file speaks of; throws why
  /// there can be no block behind it.
  mutating func descriptor(
    at index: UInt64, blockSize: PageSize
  ) throws(Absence) -> PageDescriptor {
    if index < first || (index - first + 1) * PageDescriptor.size > UInt64(bytes.count) {
      first = index
      let place = tableOffset + index * PageDescriptor.size
      let size = Int(PageDescriptor.size)
      // Near the end of the file, or where records are missing, one may be there when more are not.
      bytes =
        contents.bytes(at: place, count: size * Self.count)
        ?? contents.bytes(at: place, count: size) ?? .empty
    }
    return try PageDescriptor(
      bytes, at: Int((index - first) * PageDescriptor.size), blockSize: blockSize)
  }
}

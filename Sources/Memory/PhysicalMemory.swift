public import ByteKit

/// The machine's memory as a dump holds it, one page frame at a time.
public protocol PhysicalMemory: Sendable {
  /// The size of the pages that `page(_:)` returns: the kernel's page size.
  var pageSize: PageSize { get }

  /// The page frames that the dump knows as memory: sorted, not touching, none empty.
  var frames: [Range<PageFrame>] { get }

  /// The contents of a page frame, exactly `pageSize.bytes` of them.
  ///
  /// Throws `Absence` when the dump does not hold them.
  func page(_ frame: PageFrame) throws(Absence) -> Bytes

  /// The contents of a page frame for a search for pointers to slab objects, and for nothing else.
  ///
  /// In a trimmed dump, words that are no such pointers may be zeros here, of pages that `page(_:)`
  /// does not have. Throws `Absence` when not even the pointers are known.
  func pageToSearch(_ frame: PageFrame) throws(Absence) -> Bytes

  /// Why a page frame cannot be read, or nil when it can, told without reading its contents.
  func absence(of frame: PageFrame) -> Absence?

  /// What the dump has of a page frame, told without reading its contents.
  func status(of frame: PageFrame) -> PageStatus

  /// How many of some page frames have each status, told without reading their contents.
  func statusCounts(of frames: Range<PageFrame>) -> [PageStatus: Int]
}

extension PhysicalMemory {
  /// All of the page.
  public func pageToSearch(_ frame: PageFrame) throws(Absence) -> Bytes { try page(frame) }

  /// The bytes of an address range that may cross pages; throws `Absence` when any is absent.
  public func bytes(at address: PhysicalAddress, count: Int) throws(Absence) -> Bytes {
    try gather(count: count, pageSize: pageSize, from: address.rawValue) { start throws(Absence) in
      try page(pageSize.frame(of: PhysicalAddress(start)))
    }
  }

  /// Loads a little-endian integer that may cross pages; throws `Absence` when any byte is absent.
  public func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self, at address: PhysicalAddress
  ) throws(Absence) -> Value {
    guard
      let value = try bytes(at: address, count: MemoryLayout<Value>.size).load(Value.self, at: 0)
    else { throw .hole }
    return value
  }
}

/// Joins the pages under `count` bytes from `start`, without a copy when they lie in one page.
///
/// However many bytes are asked for, memory is taken only for those that are there.
func gather(
  count: Int, pageSize: PageSize, from start: UInt64,
  page: (UInt64) throws(Absence) -> Bytes
) throws(Absence) -> Bytes {
  guard count > 0 else { return .empty }
  let first = Int(truncatingIfNeeded: start & pageSize.mask)
  if count <= pageSize.bytes - first {
    guard let part = try page(start).slice(first..<(first + count)) else { throw .truncated }
    return part
  }
  var joined: [UInt8] = []
  joined.reserveCapacity(min(count, 1 << 16))
  var next = start
  while joined.count < count {
    let offset = Int(truncatingIfNeeded: next & pageSize.mask)
    let size = min(count - joined.count, pageSize.bytes - offset)
    guard let part = try page(next).slice(offset..<(offset + size)) else { throw .truncated }
    joined.append(contentsOf: part.array)
    next &+= UInt64(size)
  }
  return Bytes(joined)
}

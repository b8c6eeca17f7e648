internal import ByteKit
internal import Memory

/// The order of blocks in a kdump-compressed file, which tells a descriptor that was changed.
///
/// Every writer puts blocks one behind the other, in the order of their descriptors. A descriptor
/// that agrees with neither of its neighbours leads to other data than its own, and not every codec
/// would tell.
struct BlockOrder: Sendable {
  /// Where a block is, by its descriptor, whatever else is wrong with that.
  private struct Place {
    let offset: UInt64
    let size: UInt64
    var end: UInt64 { offset &+ size }
  }

  private let contents: DumpContents
  private let tableOffset: UInt64
  private let count: UInt64
  /// Where the data begins.
  private let dataOffset: UInt64
  private let blockBytes: UInt64
  /// Where the one block is that all blocks of zeros share.
  private let sharedOffset: UInt64?
  /// Whether the blocks of this file are in order at all.
  private let isKept: Bool

  /// How many descriptors are looked at for whether there is an order: so many runs of so many.
  private static let sampledRuns: UInt64 = 16
  private static let sampledRun: UInt64 = 64
  /// How far away a neighbour may be, when those between share the block of zeros.
  private static let reach: UInt64 = 64

  /// Finds out whether the blocks that `count` descriptors speak of are in order.
  init(
    _ contents: DumpContents, tableOffset: UInt64, count: UInt64, dataOffset: UInt64,
    blockSize: PageSize, sharedOffset: UInt64?
  ) {
    self.contents = contents
    self.tableOffset = tableOffset
    self.count = count
    self.dataOffset = dataOffset
    blockBytes = UInt64(blockSize.bytes)
    self.sharedOffset = sharedOffset
    var following = 0
    var others = 0
    let step = max(count / Self.sampledRuns, Self.sampledRun)
    for start in stride(from: 0, to: count, by: Int(clamping: step)) {
      for index in start..<min(start + Self.sampledRun, count) {
        guard index + 1 < count, let place = Self.place(at: index, contents, tableOffset),
          let next = Self.place(at: index + 1, contents, tableOffset),
          place.offset != sharedOffset, next.offset != sharedOffset
        else { continue }
        if place.end == next.offset { following += 1 } else { others += 1 }
      }
    }
    // A damaged dump has some that do not follow; another writer's may have as many as it likes.
    isKept = following > 2 * others
  }

  /// Whether a block cannot be where its descriptor says, by those before and behind it.
  func contradicts(_ descriptor: PageDescriptor, at index: UInt64) -> Bool {
    guard isKept, descriptor.offset != sharedOffset else { return false }
    let next = neighbour(of: index, isBehind: true)
    // The last block ends where the file does.
    if next?.offset ?? contents.end == descriptor.offset &+ UInt64(descriptor.size) { return false }
    if let before = neighbour(of: index, isBehind: false) { return before.end != descriptor.offset }
    // The first one is where the data begins, or behind the block of zeros there.
    return next != nil && descriptor.offset != dataOffset
      && sharedOffset.map { $0 &+ blockBytes } != descriptor.offset
  }

  /// The next block with data of its own; nil when none is near.
  private func neighbour(of index: UInt64, isBehind: Bool) -> Place? {
    for distance in 1...Self.reach {
      guard isBehind ? distance < count - index : distance <= index else { return nil }
      let other = isBehind ? index + distance : index - distance
      guard let place = Self.place(at: other, contents, tableOffset) else { return nil }
      if place.offset != sharedOffset { return place }
    }
    return nil
  }

  /// Where a descriptor says that its block is; nil where there is none.
  private static func place(
    at index: UInt64, _ contents: DumpContents, _ tableOffset: UInt64
  ) -> Place? {
    let start = tableOffset + index * PageDescriptor.size
    guard let bytes = contents.bytes(at: start, count: 12),
      let offset = bytes.load(UInt64.self, at: 0), offset != 0,
      let size = bytes.load(UInt32.self, at: 8)
    else { return nil }
    return Place(offset: offset, size: UInt64(size))
  }
}

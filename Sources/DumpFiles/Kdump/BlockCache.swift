internal import ByteKit
internal import Memory
internal import Synchronization

/// The blocks that were decompressed last, for every thread that reads a dump.
///
/// A block can be in one of four places only, chosen by its number, so that nothing has to be
/// searched or counted; the least recently used of the four makes room.
final class BlockCache: Sendable {
  /// The block in one place.
  private typealias Entry = (number: UInt64, bytes: Bytes)

  /// Some of the places, behind a lock of their own.
  private final class Shard: Sendable {
    let entries: Mutex<[Entry?]>

    init(count: Int) {
      entries = Mutex(Array(repeating: nil, count: count))
    }
  }

  private static let ways = 4
  private let shards: [Shard]
  private let setsPerShard: UInt64

  /// A cache that keeps about `count` blocks.
  init(count: Int) {
    let sets = max(1, count / Self.ways)
    let shardCount = min(64, sets)
    let setsPerShard = sets / shardCount
    self.setsPerShard = UInt64(setsPerShard)
    shards = (0..<shardCount).map { _ in Shard(count: setsPerShard * Self.ways) }
  }

  /// The block with this number, made by `make` when it is not here; throws what `make` throws.
  func block(
    _ number: UInt64, make: () throws(Absence) -> Bytes
  ) throws(Absence) -> Bytes {
    let shard = shards[Int(number % UInt64(shards.count))]
    let first = Int(number / UInt64(shards.count) % setsPerShard) * Self.ways
    let places = first..<(first + Self.ways)
    if let found = shard.entries.withLock({ Self.use(number, in: places, of: &$0) }) {
      return found
    }
    // Two threads may both come here for one block; that is cheaper than to wait under the lock.
    let bytes = try make()
    shard.entries.withLock {
      Self.move((number, bytes), to: first, through: places.upperBound - 1, of: &$0)
    }
    return bytes
  }

  /// Finds a block among some places and moves it to the first of them.
  private static func use(
    _ number: UInt64, in places: Range<Int>, of entries: inout [Entry?]
  ) -> Bytes? {
    guard let place = places.first(where: { entries[$0]?.number == number }),
      let entry = entries[place]
    else { return nil }
    move(entry, to: places.lowerBound, through: place, of: &entries)
    return entry.bytes
  }

  /// Puts a block into the first place and moves others on, up to and over the last.
  private static func move(
    _ entry: Entry, to first: Int, through last: Int, of entries: inout [Entry?]
  ) {
    for place in stride(from: last, to: first, by: -1) { entries[place] = entries[place - 1] }
    entries[first] = entry
  }
}

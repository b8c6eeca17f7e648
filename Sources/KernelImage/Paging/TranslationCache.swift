import Memory
import Synchronization

/// Remembers the page-table walks made last, for any number of threads.
///
/// One entry stands for all addresses of a last table. A table is kept as the page that holds it.
final class TranslationCache: Sendable {
  typealias Walk = Result<MappedRegion, Absence>

  private final class Shard: Sendable {
    let slots = Mutex<[(region: UInt64, walk: Walk)?]>(
      Array(repeating: nil, count: TranslationCache.slotsPerShard))
  }

  private static let shardBits: UInt64 = 4
  private static let slotsPerShard = 32
  private let shards = (0..<(1 << shardBits)).map { _ in Shard() }

  /// The walk for a region's number, made by `walk` when it is not remembered.
  func walk(for region: UInt64, making walk: () -> Walk) -> Walk {
    let shard = shards[Int(truncatingIfNeeded: region) & (shards.count - 1)]
    let slot = Int(truncatingIfNeeded: region >> Self.shardBits) & (Self.slotsPerShard - 1)
    let known = shard.slots.withLock { slots in
      slots[slot].flatMap { $0.region == region ? $0.walk : nil }
    }
    if let known { return known }
    // Two threads may make the same walk; that costs less than one waiting for the other's reads.
    let made = walk()
    shard.slots.withLock { $0[slot] = (region, made) }
    return made
  }
}

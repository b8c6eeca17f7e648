import Memory
import Synchronization

/// Which words of a dump's pages were read as values, noted by any number of threads.
final class FieldMap: Sendable {
  /// The pages whose numbers have the same remainder, behind a lock of their own.
  private final class Shard: Sendable {
    let masks = Mutex<[PageFrame: WordMask]>([:])
  }

  private let shards = (0..<64).map { _ in Shard() }

  /// Notes words of a page by the bytes that they hold.
  func note(_ bytes: Range<Int>, of frame: PageFrame, pageSize: PageSize) {
    guard !bytes.isEmpty else { return }
    let words = (bytes.lowerBound / 8)...((bytes.upperBound - 1) / 8)
    func mark(_ mask: inout WordMask) { for word in words { mask[word] = true } }
    shard(of: frame).masks.withLock {
      mark(&$0[frame, default: WordMask(words: pageSize.bytes / 8)])
    }
  }

  /// The words of a page that were noted; nil when none were.
  func words(of frame: PageFrame) -> WordMask? { shard(of: frame).masks.withLock { $0[frame] } }

  private func shard(of frame: PageFrame) -> Shard {
    shards[Int(frame.rawValue % UInt64(shards.count))]
  }
}

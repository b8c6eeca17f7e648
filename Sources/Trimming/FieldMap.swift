import Memory
import Synchronization

/// What of a page was read, and as what.
struct PageFields: Sendable {
  /// The words that were read as values.
  private(set) var values: WordMask
  /// The words that are combined with a number, by that number.
  private(set) var mixed: [UInt64: WordMask] = [:]
  /// Where numbers are whose order means nothing.
  private(set) var unordered: Set<Run> = []
  /// Where names begin and end.
  private(set) var names: Set<Range<Int>> = []
  /// What is only shown.
  private(set) var shown: Set<Range<Int>> = []

  /// Numbers of one size.
  struct Run: Hashable, Sendable {
    let bytes: Range<Int>
    let size: Int
  }

  private let words: Int

  /// Starts with nothing that was read.
  init(pageSize: Int) {
    words = pageSize / 8
    values = WordMask(words: words)
  }

  /// Notes some bytes of the page, at least one.
  mutating func note(_ use: FieldUse, _ bytes: Range<Int>) {
    let touched = (bytes.lowerBound / 8)...((bytes.upperBound - 1) / 8)
    switch use {
    case .value: for word in touched { values[word] = true }
    case .mixed(let number):
      for word in touched { mixed[number, default: WordMask(words: words)][word] = true }
    case .unordered(let size): unordered.insert(Run(bytes: bytes, size: size))
    case .name: names.insert(bytes)
    case .shown: shown.insert(bytes)
    }
  }
}

/// Which parts of a dump's pages were read, and as what, noted by any number of threads.
final class FieldMap: Sendable {
  /// The pages whose numbers have the same remainder, behind a lock of their own.
  private final class Shard: Sendable {
    let pages = Mutex<[PageFrame: PageFields]>([:])
  }

  private let shards = (0..<64).map { _ in Shard() }

  /// Notes as what some bytes of a page were read.
  func note(_ use: FieldUse, _ bytes: Range<Int>, of frame: PageFrame, pageSize: PageSize) {
    guard !bytes.isEmpty else { return }
    shard(of: frame).pages.withLock {
      $0[frame, default: PageFields(pageSize: pageSize.bytes)].note(use, bytes)
    }
  }

  /// What of a page was read; nil when nothing was.
  func fields(of frame: PageFrame) -> PageFields? {
    shard(of: frame).pages.withLock { $0[frame] }
  }

  private func shard(of frame: PageFrame) -> Shard {
    shards[Int(frame.rawValue % UInt64(shards.count))]
  }
}

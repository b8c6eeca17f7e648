import Memory
import Synchronization

/// Which page frames of a dump were looked at, noted by any number of threads.
public final class TouchedFrames: Sendable {
  /// What somebody wanted of a page.
  enum Look: UInt64 {
    /// Its contents.
    case read = 1
    /// Pointers to slab objects.
    case searched = 2
  }

  /// For each frame of a part of memory the looks at it, two bits.
  private typealias Part = [UInt64]

  /// The parts whose numbers have the same remainder, behind a lock of their own.
  private final class Shard: Sendable {
    let parts = Mutex<[UInt64: Part]>([:])
  }

  private static let framesPerPart: UInt64 = 4096
  private let shards = (0..<64).map { _ in Shard() }
  /// The words that were read as values.
  let fields = FieldMap()
  private let failures = Mutex<[PageFrame: Absence]>([:])

  /// Starts with none.
  public init() {}

  /// Notes a look at a page.
  func note(_ look: Look, at frame: PageFrame) {
    let (part, index) = frame.rawValue.quotientAndRemainder(dividingBy: Self.framesPerPart)
    shards[Int(part % UInt64(shards.count))].parts.withLock {
      $0[part, default: Part(repeating: 0, count: Int(Self.framesPerPart / 32))][Int(index / 32)] |=
        look.rawValue << (index % 32 * 2)
    }
  }

  /// Notes that a page which the dump has cannot be read all the same.
  func note(_ absence: Absence, of frame: PageFrame) {
    failures.withLock { $0[frame] = absence }
  }

  /// The pages that the dump has and nobody could read.
  var unreadable: [PageFrame: Absence] { failures.withLock { $0 } }

  /// Whether anybody looked at a page in this way.
  func has(_ look: Look, at frame: PageFrame) -> Bool {
    let (part, index) = frame.rawValue.quotientAndRemainder(dividingBy: Self.framesPerPart)
    return shards[Int(part % UInt64(shards.count))].parts.withLock {
      guard let words = $0[part] else { return false }
      return words[Int(index / 32)] >> (index % 32 * 2) & look.rawValue != 0
    }
  }
}

public import Evidence

/// The slab objects in use, divided among owners: each object has exactly one.
public struct SlabOwnership: Sendable {
  /// By what objects are divided.
  public enum Division: String, CaseIterable, Sendable {
    /// By the control group that they are charged to.
    case cgroup
    /// By the module whose code they belong to.
    case module
    /// By the size that `kmalloc` was asked for.
    case size
  }

  /// By what the objects are divided.
  public let division: Division
  /// What each owner has, the most bytes first, and last what has no owner or none that is known.
  public let shares: [OwnerShare]
  /// The allocated and pending objects of all caches.
  public let objects: Int
  /// The slots that these take, in bytes.
  public let bytes: Int

  /// Divides the objects of a kernel.
  public init(of subject: Subject, by division: Division) async {
    let stock = SlabStock(subject)
    let shares =
      switch division {
      case .cgroup: await GroupShares(subject, stock).shares
      case .module: await ModuleShares(subject, stock).shares
      case .size: SizeShares(subject, stock).shares
      }
    self.division = division
    self.shares = shares.sorted { Self.order($0) < Self.order($1) }
    objects = stock.objects.reduce(0) { $0 &+ $1 }
    bytes = stock.objects.indices.reduce(0) { $0 &+ stock.bytes(stock.objects[$1], of: $1) }
  }

  private static func order(_ share: OwnerShare) -> (Int, Int, String) {
    let rank =
      switch share.kind {
      case .controlGroup, .module, .size: 0
      case .kernel, .nobody, .other: 1
      case .unknown: 2
      }
    return (rank, -share.bytes, share.name)
  }
}

/// How many objects of each cache are in use.
struct SlabStock {
  /// The allocated and pending objects, by cache.
  let objects: [Int]
  private let sizes: [Int]

  /// Counts the objects of all caches, or takes what counters say of them.
  init(_ subject: Subject) {
    let counters = subject.counters
    objects = subject.census.counts.enumerated().map { cache, counts in
      guard counters.indices.contains(cache), let counted = counters[cache] else {
        return counts.allocated + counts.pending
      }
      return max(counted.allocated ?? 0, 0)
    }
    sizes = subject.census.caches.map(\.slotSize)
  }

  /// The slots that so many objects of a cache take, in bytes.
  func bytes(_ objects: Int, of cache: Int) -> Int {
    objects.multipliedReportingOverflow(by: sizes[cache]).partialValue
  }

  /// So many objects of a cache.
  func part(_ objects: Int, of cache: Int, byContents: Int = 0) -> OwnerShare.Part {
    OwnerShare.Part(
      cache: cache, objects: objects, bytes: bytes(objects, of: cache),
      objectsByContents: byContents)
  }
}

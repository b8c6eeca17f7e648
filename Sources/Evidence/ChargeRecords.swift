/// Tells which control groups slab objects are charged to.
public protocol ChargeRecords: Sendable {
  /// The groups; the root first, each behind the one that it lies in.
  var groups: [ControlGroup] { get }

  /// How many groups were removed and live on, by the kernel's own count, if known.
  ///
  /// Those without a `struct mem_cgroup` are counted as well.
  var dyingGroups: Int? { get }

  /// How many of the objects in some slots of the census are charged to whom.
  func owners(of slots: [UInt32]) -> [ChargeOwner: Int]

  /// Who all objects that are in use are charged to.
  func usage() async -> SlabUsage
}

/// Who an object is charged to.
public enum ChargeOwner: Hashable, Sendable {
  /// The control group of this index.
  case group(Int)
  /// Nobody: it was allocated by the kernel for itself, or by a process in the root group.
  case nobody
  /// What tells it cannot be read, or makes no sense.
  case unknown
}

/// Who the objects of slab caches are charged to, added up.
public struct SlabUsage: Hashable, Sendable {
  /// The objects of one cache that are charged to one owner.
  public struct Entry: Hashable, Sendable {
    /// The owner.
    public let owner: ChargeOwner
    /// The index of the cache in the census.
    public let cache: Int
    /// How many allocated and pending objects there are.
    public let objects: Int
    /// How many of these were charged to groups in it that were removed since.
    public let inherited: Int

    /// Describes objects.
    public init(owner: ChargeOwner, cache: Int, objects: Int, inherited: Int = 0) {
      self.owner = owner
      self.cache = cache
      self.objects = objects
      self.inherited = inherited
    }
  }

  /// The entries: for each owner and cache one, in no order.
  public let entries: [Entry]
  /// What the kernel charges for an object beside its slot, in bytes.
  public let overhead: Int

  /// Describes who objects are charged to.
  public init(entries: [Entry], overhead: Int) {
    self.entries = entries
    self.overhead = overhead
  }
}

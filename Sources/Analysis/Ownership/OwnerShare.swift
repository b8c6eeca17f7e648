/// The slab objects in use that belong to one owner.
public struct OwnerShare: Hashable, Sendable {
  /// What an owner is.
  public enum Kind: String, Hashable, Sendable {
    /// A control group.
    case controlGroup = "cgroup"
    /// Nobody is charged.
    case nobody = "not_charged"
    /// A module.
    case module
    /// The kernel itself.
    case kernel
    /// The caches of one size that `kmalloc` takes from.
    case size
    /// The caches that `kmalloc` does not take from.
    case other
    /// The evidence does not tell.
    case unknown
  }

  /// What is of one cache.
  public struct Part: Hashable, Sendable {
    /// The index of the cache in the census.
    public let cache: Int
    /// The allocated and pending objects.
    public var objects: Int
    /// The slots that these take, in bytes.
    public var bytes: Int
    /// The objects among these that their contents tell the owner of, not their cache.
    public var objectsByContents: Int

    /// Describes a part.
    public init(cache: Int, objects: Int, bytes: Int, objectsByContents: Int = 0) {
      self.cache = cache
      self.objects = objects
      self.bytes = bytes
      self.objectsByContents = objectsByContents
    }
  }

  /// What a control group is charged.
  public struct Charge: Hashable, Sendable {
    /// The index of the group.
    public let group: Int
    /// What the kernel charges it for its objects: slots, and a pointer for each.
    public var bytes: Int
    /// The same with the groups in it: `slab` in its `memory.stat`.
    public var bytesWithBelow: Int
    /// How many of its objects were charged to groups in it that were removed since.
    public var inherited: Int
  }

  /// Who it is: the path of a group, the name of a module, the name of a size.
  public let name: String
  /// What it is.
  public let kind: Kind
  /// What it has of which cache, the most bytes first.
  public let parts: [Part]
  /// What a control group is charged.
  public var charge: Charge?

  /// Describes what an owner has.
  public init(name: String, kind: Kind, parts: [Part], charge: Charge? = nil) {
    self.name = name
    self.kind = kind
    self.parts = parts.sorted { ($1.bytes, $0.cache) < ($0.bytes, $1.cache) }
    self.charge = charge
  }

  /// The allocated and pending objects.
  public var objects: Int { parts.reduce(0) { $0 &+ $1.objects } }
  /// The slots that these take, in bytes.
  public var bytes: Int { parts.reduce(0) { $0 &+ $1.bytes } }
}

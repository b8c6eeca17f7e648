public import Evidence

/// Objects of one cache that look the same.
public struct ObjectGroup: Hashable, Sendable {
  /// The index of the cache in the census.
  public let cache: Int
  /// What the members share.
  public let template: Template
  /// The type of the members.
  public let type: ObjectType
  /// The slots of the members, ascending.
  public let slots: [UInt32]
  /// How many of the members are equal byte by byte, over the whole slot: the largest such subset.
  public let identical: Int
  /// The part of the cache that the members were found in; nil when all of it was looked at.
  public var sample: Sample?

  /// How many members the cache has.
  public var amount: Amount { amount(of: slots.count) }

  /// How many objects of a kind the cache has, of which the members are `seen`.
  public func amount(of seen: Int) -> Amount { Amount(seen: seen, in: sample) }

  /// Describes a group.
  public init(cache: Int, template: Template, type: ObjectType, slots: [UInt32], identical: Int) {
    self.cache = cache
    self.template = template
    self.type = type
    self.slots = slots
    self.identical = identical
  }
}

/// What is known of the type of some objects.
public enum ObjectType: Hashable, Sendable {
  /// Nothing.
  case unknown
  /// It is this structure, of `size` bytes.
  case known(name: String, size: Int)
  /// It is one of these structures, likeliest first.
  case candidates([String])
}

/// The groups of one cache, and what was grouped.
public struct CacheGroups: Sendable {
  /// The index of the cache in the census.
  public let cache: Int
  /// The groups, largest first.
  public let groups: [ObjectGroup]
  /// The allocated objects whose contents were read and grouped.
  public let grouped: Int
  /// The allocated objects whose contents could not be read.
  public let unread: Int
  /// The part of the cache that was looked at, where it is a random sample; nil when all of it was.
  public var sample: Sample?
  /// The pages of its slabs that were found not to decompress.
  public let corruptPages: Int
  /// Which of the objects can still be got at; nil where that was not looked for.
  public var reachability: Reachability?

  /// Describes the groups of a cache.
  public init(
    cache: Int, groups: [ObjectGroup], grouped: Int, unread: Int, corruptPages: Int = 0,
    reachability: Reachability? = nil
  ) {
    self.cache = cache
    self.groups = groups
    self.grouped = grouped
    self.unread = unread
    self.corruptPages = corruptPages
    self.reachability = reachability
  }
}

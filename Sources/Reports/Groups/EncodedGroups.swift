internal import Analysis
internal import DebugInfo
internal import Evidence

/// The schema `slabscope.groups/1`.
struct EncodedGroups: Encodable, Sendable {
  let schema = "slabscope.groups/1"
  /// The name that was asked for: that of all `caches`, or an alias of theirs.
  let cache: String
  let objects: Int
  /// The caches of that name: more than one where names repeat.
  let caches: [EncodedGroupedCache]
  let groups: [EncodedGroup]
  let coverage: EncodedCoverage

  init(_ subject: Subject, name: String, caches: [CacheGroups]) {
    cache = name
    objects = caches.reduce(0) { $0 + subject.census.counts[$1.cache].allocated }
    self.caches = caches.map { EncodedGroupedCache($0, in: subject) }
    var names = MemberNames(subject)
    groups = GroupSummary.all(of: caches, in: subject).map { summary in
      let group = summary.group
      let structure = names.structure(of: group.type, template: group.template)
      return EncodedGroup(summary, structure: structure, in: subject)
    }
    coverage = EncodedCoverage(subject.coverage)
  }
}

/// A cache whose objects were grouped.
struct EncodedGroupedCache: Encodable, Sendable {
  let name: String
  @OrNull var address: EncodedAddress?
  let allocated: Int
  let grouped: Int
  let unread: Int
  /// What a merged cache is made of; empty for a cache of its own.
  let parts: [EncodedPart]
  /// The part of the allocated objects that was looked at: null where all were.
  @OrNull var sampled: EncodedSample?
  /// Objects that may be allocated and are in no group.
  let indeterminate: Int

  init(_ groups: CacheGroups, in subject: Subject) {
    let cache = subject.census.caches[groups.cache]
    name = cache.name
    address = cache.knownAddress.map { EncodedAddress($0) }
    allocated = subject.census.counts[groups.cache].allocated
    grouped = groups.grouped
    unread = groups.unread
    parts = CacheParts(groups, names: CacheNames(subject), in: subject.census).parts.map {
      EncodedPart(alias: $0.alias, type: $0.type, count: $0.count, bytes: $0.bytes)
    }
    sampled = groups.sample.map { EncodedSample($0) }
    indeterminate = subject.census.counts[groups.cache].indeterminate
  }
}

/// The objects of a merged cache that belong to one of its names and are of one type.
struct EncodedPart: Encodable, Sendable {
  @OrNull var alias: String?
  @OrNull var type: String?
  let count: Int
  let bytes: Int
}

/// Objects that look the same.
struct EncodedGroup: Encodable, Sendable {
  let count: Int
  /// Whether there may be more, in what the dump lacks.
  let atLeast: Bool
  /// How many members were seen: fewer than `count` where the cache was sampled.
  let seen: Int
  let bytes: Int
  @OrNull var cacheAddress: EncodedAddress?
  /// Of a merged cache's names the one that the members belong to: null where nothing tells.
  @OrNull var alias: String?
  @OrNull var type: String?
  @OrNull var typeSize: Int?
  let candidates: [String]
  let identical: Int
  let words: [EncodedWord]
  let examples: [EncodedAddress]
  /// Who allocated the members: null where the kernel kept no records.
  @OrNull var allocations: EncodedSites?

  init(_ summary: GroupSummary, structure: Structure?, in subject: Subject) {
    alias = summary.alias
    let group = summary.group
    atLeast = summary.isAtLeast
    count = summary.count
    seen = group.slots.count
    bytes = summary.bytes
    cacheAddress = summary.cache.knownAddress.map { EncodedAddress($0) }
    identical = group.identical
    words = group.template.words.map { EncodedWord($0, structure: structure) }
    examples = summary.examples.map { EncodedAddress($0) }
    allocations = summary.sites.map { EncodedSites($0, subject.symbols) }
    switch group.type {
    case .unknown:
      candidates = []
      (type, typeSize) = (nil, nil)
    case .known(let name, let size):
      candidates = []
      (type, typeSize) = (name, size)
    case .candidates(let names):
      candidates = names
      (type, typeSize) = (nil, nil)
    }
  }
}

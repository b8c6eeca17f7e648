internal import Analysis
internal import Evidence
internal import Memory

/// A group with what its members add up to.
struct GroupSummary: Sendable {
  let group: ObjectGroup
  let cache: SlabCache
  /// The first few members, by address.
  let examples: [VirtualAddress]
  /// Of a merged cache's names the one that the members belong to, where something tells.
  let alias: String?
  /// Who allocated the members, where the kernel recorded that.
  let sites: AllocationSites?
  /// Whether there may be more members, in what the dump lacks.
  var isAtLeast = false

  /// Adds up one group.
  init(_ group: ObjectGroup, in subject: Subject) {
    let census = subject.census
    self.group = group
    cache = census.caches[group.cache]
    alias = CacheNames(subject).alias(of: group)
    sites = subject.allocations?.sites(of: group.slots)
    examples = Self.examples(of: group.slots, in: census)
  }

  /// Adds up one of the groups of a cache.
  init(_ group: ObjectGroup, of cache: CacheGroups, in subject: Subject) {
    self.init(group, in: subject)
    isAtLeast = Shortfall(of: cache, in: subject) != nil
  }

  /// The addresses of the objects in the first few slots.
  static func examples(of slots: [UInt32], in census: Census) -> [VirtualAddress] {
    slots.prefix(examplesShown).compactMap { slot in
      census.object(inSlot: Int(slot)).map { census.address(of: $0) }
    }
  }

  private static let examplesShown = 5

  /// The number of members, which is an estimate where the cache was sampled.
  var count: Int { group.amount.count }

  /// The memory of the members' slots.
  var bytes: Int {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: cache.slotSize)
    return overflow ? .max : bytes
  }

  /// What the members are, in a few words: their type, or what their template begins with.
  var label: String {
    switch group.type {
    case .known(let name, _): return name.printable
    case .candidates(let names) where names.count == 1: return "\(names[0].printable)?"
    case .candidates(let names) where !names.isEmpty:
      let more = names.count > 2 ? " or \(names.count - 2) others" : ""
      return "\(names[0].printable) or \(names[1].printable)\(more)"
    default: break
    }
    let telling = TemplateRun.all(of: group.template).filter(\.isTelling).prefix(2)
    return telling.isEmpty
      ? "untyped" : telling.map { "\($0.offset.asOffset) \($0.meaning)" }.joined(separator: ", ")
  }

  /// The name that the members belong to, in brackets; empty where the label says the same.
  var aliasWords: String {
    alias.map { $0.printable == label ? "" : " (\($0.printable))" } ?? ""
  }

  /// The groups of some caches, the largest first.
  static func all(of caches: [CacheGroups], in subject: Subject) -> [GroupSummary] {
    caches.flatMap { cache in
      cache.groups.map { GroupSummary($0, of: cache, in: subject) }
    }.sorted {
      ($1.bytes, $0.cache.address, $0.group.slots.first ?? 0)
        < ($0.bytes, $1.cache.address, $1.group.slots.first ?? 0)
    }
  }
}

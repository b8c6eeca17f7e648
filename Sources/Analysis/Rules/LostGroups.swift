internal import DebugInfo
internal import Evidence

/// The objects of all caches that nothing in use leads to, by what they are.
struct LostGroups {
  /// Lost objects that a finding is made of.
  struct Entry {
    /// The groups that they are of, with only their lost members; more than one where nothing tells
    /// what the objects are.
    var groups: [ObjectGroup]
    /// What to call them.
    let naming: GroupNaming
    /// What tells them from others without a name in their cache; empty where nothing does.
    var marks: [String] = []
    /// How many of them only words lead to that may be left from before.
    var mentioned = 0
    /// How many like them may be lost, or mentioned by such words and in use.
    var doubtful = 0
    /// How many like them are in use.
    var inUse = 0
    /// The index of their cache.
    var cache: Int { groups.first?.cache ?? 0 }
    /// Their slots, by group.
    var slots: [UInt32] { groups.flatMap(\.slots) }
  }

  /// The entries, by cache.
  private(set) var entries: [Entry] = []
  private let reachability: Reachability
  /// The slots of entries that have a name, and of what other rules tell of.
  private var owners: Set<UInt32> = []
  /// For each entry, how many objects of which cache are lost with it and are in no entry.
  private(set) var dependents: [[Int: Int]] = []

  /// Divides what is lost; entries have at least `fewest` objects, and none that others `claim`.
  init(
    _ groups: [CacheGroups], _ reachability: Reachability, claimed: Set<UInt32>, fewest: Int
  ) {
    self.reachability = reachability
    owners = claimed
    var rest: [ObjectGroup] = []
    for cache in groups {
      for group in cache.groups where !LostSingleOpen.matches(group.template) {
        let slots = claimed.isEmpty ? group.slots : group.slots.filter { !claimed.contains($0) }
        let standing = GroupStanding(slots, by: reachability)
        guard !standing.lost.isEmpty else { continue }
        let members = group.limited(to: standing.lost)
        let naming = GroupNaming(group)
        guard naming.isKnown, standing.lost.count >= fewest else {
          rest.append(members)
          continue
        }
        entries.append(
          Entry(
            groups: [members], naming: naming, mentioned: standing.mentioned,
            doubtful: standing.doubtful, inUse: standing.inUse))
        owners.formUnion(standing.lost)
      }
    }
    add(rest, fewest: fewest)
  }

  /// Adds what has no name, or is too few of a name: as a part of what refers to it, or as an entry
  /// of its own.
  private mutating func add(_ rest: [ObjectGroup], fewest: Int) {
    // What nothing refers to may own objects of other caches, even without a name.
    var roots: [UInt32: Int] = [:]
    for (look, groups) in Self.alike(rest.filter { owners(of: $0) { _ in true } == nil }, fewest)
    where look.marks != nil {
      for slot in groups.lazy.flatMap(\.slots) { roots[slot] = look.cache }
    }
    var left: [ObjectGroup] = []
    var parts: [(owner: UInt32, cache: Int)] = []
    for group in rest {
      let owned = owners(of: group) { owner in
        owners.contains(owner) || roots[owner].map { $0 != group.cache } ?? false
      }
      guard let owned else {
        left.append(group)
        continue
      }
      parts += owned.map { ($0, group.cache) }
    }
    for (look, groups) in Self.alike(left, fewest) {
      let groups = groups.sorted { ($1.slots.count, $0.slots[0]) < ($0.slots.count, $1.slots[0]) }
      let naming = groups.count == 1 ? GroupNaming(groups[0]) : GroupNaming()
      entries.append(Entry(groups: groups, naming: naming, marks: look.marks ?? []))
    }
    addDependents(parts)
  }

  /// Tells of each entry what is lost with it.
  private mutating func addDependents(_ parts: [(owner: UInt32, cache: Int)]) {
    var entryOfOwner: [UInt32: Int] = [:]
    for (number, entry) in entries.enumerated() {
      for slot in entry.slots { entryOfOwner[slot] = number }
    }
    dependents = Array(repeating: [:], count: entries.count)
    for (owner, cache) in parts {
      if let entry = entryOfOwner[owner] { dependents[entry][cache, default: 0] += 1 }
    }
  }

  /// A lost object that refers to each member of a group and is an owner; nil where some members have
  /// none.
  private func owners(of group: ObjectGroup, where isOwner: (UInt32) -> Bool) -> [UInt32]? {
    let owned = group.slots.compactMap { slot in
      reachability.lostReferrers(of: slot).first(where: isOwner)
    }
    // A few may be named by what was in the owners' memory before.
    let isOwned = (group.slots.count - owned.count) * GroupStanding.chance <= group.slots.count
    return isOwned ? owned : nil
  }

  /// What objects without a name have in common.
  private struct Look: Hashable {
    /// The index of their cache.
    let cache: Int
    /// See `Template.marks`; nil for those of all looks that few objects have.
    var marks: [String]?
  }

  /// Groups by their look, in the order of the groups; all looks have at least `fewest` objects.
  private static func alike(
    _ groups: [ObjectGroup], _ fewest: Int
  ) -> [(look: Look, groups: [ObjectGroup])] {
    func isMany(_ groups: [ObjectGroup]?) -> Bool {
      groups?.reduce(0) { $0 + $1.slots.count } ?? 0 >= fewest
    }
    var looks: [Look] = []
    var members: [Look: [ObjectGroup]] = [:]
    func add(_ group: ObjectGroup, _ look: Look) {
      if members[look] == nil { looks.append(look) }
      members[look, default: []].append(group)
    }
    for group in groups {
      // One with a name is here because its objects are few.
      let marks = GroupNaming(group).isKnown ? nil : group.template.marks
      add(group, Look(cache: group.cache, marks: marks))
    }
    for look in looks where look.marks != nil && !isMany(members[look]) {
      for group in members.removeValue(forKey: look) ?? [] { add(group, Look(cache: look.cache)) }
    }
    return looks.compactMap { look in
      members[look].flatMap { isMany($0) ? (look, $0) : nil }
    }
  }

  /// In which caches the lost objects are that refer to those of an entry, and to how many of them.
  func referrers(of entry: Entry, in census: Census) -> [(cache: Int, count: Int)] {
    var counts: [Int: Int] = [:]
    for slot in entry.slots {
      guard let referrer = reachability.lostReferrers(of: slot).first,
        let object = census.object(inSlot: Int(referrer))
      else { continue }
      counts[Int(census.slabs[object.slab].cache), default: 0] += 1
    }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }
}

extension Template {
  /// The words that tell objects without symbols from others, the same on every boot: texts, marks of
  /// lists and the like, and what the objects refer to.
  fileprivate var marks: [String] {
    words.compactMap { word in
      switch word.shared {
      case .text(let text): return "\(word.offset):\(text)"
      case .poison(let name): return "\(word.offset):\(name)"
      case .selfPointer(let offset): return "\(word.offset):self+\(offset)"
      // In which of its caches of a size kmalloc puts an object may differ by boot.
      case .slabPointer(let cache, let offset):
        return "\(word.offset):\(cache.hasPrefix("kmalloc-") ? "kmalloc" : cache)+\(offset)"
      default: return nil
      }
    }
  }
}

extension ObjectGroup {
  /// The group with only some of its members.
  func limited(to slots: [UInt32]) -> ObjectGroup {
    var group = ObjectGroup(
      cache: cache, template: template, type: type, slots: slots,
      identical: min(identical, slots.count))
    group.sample = sample
    return group
  }
}

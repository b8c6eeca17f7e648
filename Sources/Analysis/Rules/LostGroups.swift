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
    var rest: [(cache: Int, groups: [ObjectGroup])] = []
    for cache in groups {
      var unnamed: [ObjectGroup] = []
      for group in cache.groups where !LostSingleOpen.matches(group.template) {
        let slots = claimed.isEmpty ? group.slots : group.slots.filter { !claimed.contains($0) }
        let standing = GroupStanding(slots, by: reachability)
        guard !standing.lost.isEmpty else { continue }
        let members = group.limited(to: standing.lost)
        let naming = GroupNaming(group)
        guard naming.isKnown, standing.lost.count >= fewest else {
          unnamed.append(members)
          continue
        }
        entries.append(
          Entry(
            groups: [members], naming: naming, mentioned: standing.mentioned,
            doubtful: standing.doubtful, inUse: standing.inUse))
        owners.formUnion(standing.lost)
      }
      rest.append((cache.cache, unnamed))
    }
    add(rest, fewest: fewest)
  }

  /// Adds what has no name: as a part of what refers to it, or as an entry of its own.
  private mutating func add(_ rest: [(cache: Int, groups: [ObjectGroup])], fewest: Int) {
    var entryOfOwner: [UInt32: Int] = [:]
    for (number, entry) in entries.enumerated() {
      for slot in entry.slots { entryOfOwner[slot] = number }
    }
    dependents = Array(repeating: [:], count: entries.count)
    for (cache, groups) in rest {
      var left: [ObjectGroup] = []
      for group in groups {
        let owned = group.slots.compactMap { slot in
          reachability.lostReferrers(of: slot).first(where: owners.contains)
        }
        // A few may be named by what was in the owners' memory before.
        guard (group.slots.count - owned.count) * GroupStanding.chance <= group.slots.count else {
          left.append(group)
          continue
        }
        for owner in owned {
          if let entry = entryOfOwner[owner] { dependents[entry][cache, default: 0] += 1 }
        }
      }
      guard let first = left.first, left.reduce(0, { $0 + $1.slots.count }) >= fewest else {
        continue
      }
      let naming = left.count == 1 ? GroupNaming(first) : GroupNaming()
      left.sort { ($1.slots.count, $0.slots[0]) < ($0.slots.count, $1.slots[0]) }
      entries.append(Entry(groups: left, naming: naming))
      dependents.append([:])
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

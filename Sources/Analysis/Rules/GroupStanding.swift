internal import Evidence

/// The members of a group by what leads to them.
struct GroupStanding {
  /// The slots of those that nothing in use leads to, ascending.
  ///
  /// Where these are many, the few that only words in stacks and the like lead to are among them.
  let lost: [UInt32]
  /// How many of the lost ones only words lead to that may be left from before.
  let mentioned: Int
  /// How many of those are not counted as lost, as they are not so few.
  let doubtful: Int
  /// How many are in use.
  let inUse: Int

  /// One lost object in as many may be mentioned without raising doubts: a word that is left from
  /// before names a few objects by chance, not all.
  static let chance = 100

  /// Looks up each member.
  init(_ slots: [UInt32], by reachability: Reachability) {
    var lost: [UInt32] = []
    var mentioned: [UInt32] = []
    var inUse = 0
    for slot in slots {
      switch reachability.standing(of: slot) {
      case .lost, .lostWithOthers: lost.append(slot)
      case .mentioned: mentioned.append(slot)
      case .inUse, .unknown: inUse += 1
      }
    }
    let isChance = mentioned.count * Self.chance < lost.count
    self.lost = isChance && !mentioned.isEmpty ? (lost + mentioned).sorted() : lost
    self.mentioned = isChance ? mentioned.count : 0
    doubtful = isChance ? 0 : mentioned.count
    self.inUse = inUse
  }
}

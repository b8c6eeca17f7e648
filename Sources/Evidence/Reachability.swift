/// Which objects can still be got at, as a scan of all kernel memory found out.
///
/// An object is in use when a word refers to it that lies in a variable, in memory straight from the
/// page allocator or in an object that is in use itself. Objects that only refer to one another keep
/// nobody.
public struct Reachability: Sendable {
  /// What leads to an object.
  public enum Standing: Hashable, Sendable {
    /// Something that is in use.
    case inUse
    /// Only words that may be left from before: in stacks, or in objects that may be free.
    case mentioned
    /// Only other objects that nothing leads to.
    case lostWithOthers
    /// Nothing at all.
    case lost
    /// It was not asked about.
    case unknown
  }

  /// How much of the kernel's memory was looked at.
  public let coverage: ScanCoverage
  private let targets: SlotSet
  private let inUse: SlotSet
  private let mentioned: SlotSet
  /// References among lost objects: the slot referred to in the upper half, the other in the lower.
  private let referrals: [UInt64]

  /// Takes the slots that were asked about, of these the ones in use and those that only words that
  /// may be left from before lead to, and what lost ones refer to: pairs of source and target.
  public init(
    targets: SlotSet, inUse: SlotSet, mentioned: SlotSet,
    referrals: [(source: UInt32, target: UInt32)] = [], coverage: ScanCoverage
  ) {
    self.targets = targets
    self.inUse = inUse
    self.mentioned = mentioned
    self.referrals = referrals.map { UInt64($0.target) << 32 | UInt64($0.source) }.sorted()
    self.coverage = coverage
  }

  /// What leads to the object in a slot.
  public func standing(of slot: UInt32) -> Standing {
    if inUse.contains(Int(slot)) { return .inUse }
    if mentioned.contains(Int(slot)) { return .mentioned }
    guard targets.contains(Int(slot)) else { return .unknown }
    let isReferredTo = firstReferral(from: UInt64(slot)) < firstReferral(from: UInt64(slot) + 1)
    return isReferredTo ? .lostWithOthers : .lost
  }

  /// Whether nothing in use leads to the object in a slot.
  public func isLost(_ slot: UInt32) -> Bool {
    switch standing(of: slot) {
    case .lost, .lostWithOthers: true
    case .inUse, .mentioned, .unknown: false
    }
  }

  /// The slots of the lost objects that refer to the one in a slot, ascending.
  public func lostReferrers(of slot: UInt32) -> [UInt32] {
    let (first, end) = (firstReferral(from: UInt64(slot)), firstReferral(from: UInt64(slot) + 1))
    return referrals[first..<end].map { UInt32(truncatingIfNeeded: $0) }
  }

  /// The slots of the lost objects that nothing leads to but objects in these slots, or others that
  /// only these lead to; those that were asked about are among them when others refer to them.
  public func lostFollowers(of slots: Set<UInt32>) -> Set<UInt32> {
    // By what refers, as they are kept by what is referred to.
    let bySource = referrals.lazy
      .map { (source: UInt32(truncatingIfNeeded: $0), target: UInt32($0 >> 32)) }
      .reduce(into: [UInt32: [UInt32]]()) { $0[$1.source, default: []].append($1.target) }
    var followers: Set<UInt32> = []
    var open = Array(slots)
    while let source = open.popLast() {
      for target in bySource[source] ?? [] where followers.insert(target).inserted {
        if !slots.contains(target) { open.append(target) }
      }
    }
    return followers
  }

  private func firstReferral(from slot: UInt64) -> Int {
    let key = slot << 32
    var low = 0
    var high = referrals.count
    while low < high {
      let middle = (low + high) / 2
      if referrals[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

import Evidence
import Memory

/// A scan that finds what a test says of all objects of a kernel.
struct Answers: ReferenceScan {
  var inUse: Set<UInt32> = []
  var mentioned: Set<UInt32> = []
  var referrals: [(source: UInt32, target: UInt32)] = []
  var coverage = ScanCoverage(scannedPages: 1000)

  func references(
    to targets: [ReferenceTargets], besides words: Set<VirtualAddress>
  ) async -> [References] {
    targets.map { _ in
      References(slots: [], counts: [], places: [:], samples: [], coverage: coverage)
    }
  }

  func reachability(of slots: [UInt32]) async -> Reachability {
    let end = Int(slots.max() ?? 0) + 1
    func set(_ members: some Sequence<UInt32>) -> SlotSet {
      var set = SlotSet(slotCount: end)
      for slot in members { set.insert(Int(slot)) }
      return set
    }
    return Reachability(
      targets: set(slots), inUse: set(inUse), mentioned: set(mentioned), referrals: referrals,
      coverage: coverage)
  }
}

import Evidence
import Synchronization

/// What a scan in progress found to refer to what, to be followed when it is over.
///
/// Of a reference from one target to another, which may be lost both, nothing can be said before the
/// end. All others say at once that their target is in use, and most objects are known to be by one
/// of those: what is kept of the rest is little.
final class ReferenceGraph: ReferenceSink {
  private struct Findings {
    var inUse: SlotSet
    var mentioned: SlotSet
    /// References between targets: the slot that refers in the upper half, the other in the lower.
    var edges: [UInt64] = []
  }

  private let slotCount: Int
  private let findings: Mutex<Findings>

  /// References between targets beyond this number are not followed: their targets are taken to be
  /// in use.
  private static let mostEdges = 1 << 26

  /// Starts with nothing known of the slots of a census.
  init(_ census: Census) {
    slotCount = census.slotCount
    let none = SlotSet(slotCount: census.slotCount)
    findings = Mutex(Findings(inUse: none, mentioned: none))
  }

  /// Takes references and empties the list of them.
  func add(_ hits: inout [ReferenceHit]) {
    findings.withLock { findings in
      for hit in hits {
        let slot = Int(hit.slot)
        guard !findings.inUse.contains(slot) else { continue }
        if let source = hit.source, findings.edges.count < Self.mostEdges {
          findings.edges.append(UInt64(source) << 32 | UInt64(hit.slot))
        } else if hit.place.mayBeOver {
          findings.mentioned.insert(slot)
        } else {
          findings.inUse.insert(slot)
        }
      }
    }
    hits.removeAll(keepingCapacity: true)
  }

  /// Follows the references from what is in use, then from what may be, and then among the lost.
  func reachability(of targets: TargetSet, coverage: ScanCoverage) -> Reachability {
    findings.withLock { findings in
      let edges = findings.edges.sorted()
      findings.edges = []
      var inUse = findings.inUse
      Self.follow(edges, from: targets.slots.filter { inUse.contains(Int($0)) }, into: &inUse)
      var mentioned = SlotSet(slotCount: slotCount)
      let doubtful = targets.slots.filter {
        findings.mentioned.contains(Int($0)) && !inUse.contains(Int($0))
      }
      for slot in doubtful { mentioned.insert(Int(slot)) }
      Self.follow(edges, from: doubtful, into: &mentioned, beside: inUse)
      func isLost(_ slot: UInt32) -> Bool {
        !inUse.contains(Int(slot)) && !mentioned.contains(Int(slot))
      }
      let referrals = edges.lazy
        .map { (source: UInt32($0 >> 32), target: UInt32(truncatingIfNeeded: $0)) }
        .filter { isLost($0.source) && isLost($0.target) }
      return Reachability(
        targets: targets.members, inUse: inUse, mentioned: mentioned, referrals: Array(referrals),
        coverage: coverage)
    }
  }

  /// Adds to a set all slots that references lead to from its members, unless others have them.
  private static func follow(
    _ edges: [UInt64], from start: [UInt32], into set: inout SlotSet, beside others: SlotSet? = nil
  ) {
    var open = start
    while let source = open.popLast() {
      var index = firstEdge(of: source, in: edges)
      while index < edges.count, edges[index] >> 32 == UInt64(source) {
        let target = UInt32(truncatingIfNeeded: edges[index])
        index += 1
        if others?.contains(Int(target)) != true, set.insert(Int(target)) { open.append(target) }
      }
    }
  }

  private static func firstEdge(of source: UInt32, in edges: [UInt64]) -> Int {
    let key = UInt64(source) << 32
    var low = 0
    var high = edges.count
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension ReferencePlace {
  /// Whether a word there is often left of something that is over.
  fileprivate var mayBeOver: Bool {
    switch self {
    case .stack, .doubtfulObject: true
    default: false
    }
  }
}

import Evidence
import Synchronization

/// The counts of a scan in progress, which all its parts add to.
final class ReferenceTally: ReferenceSink {

  private struct Sums {
    var counts: [References.Counts]
    var places: [ReferencePlace: Int] = [:]
  }

  private let targets: TargetSet
  private let sums: Mutex<Sums>

  /// Starts at 0 for each target.
  init(_ targets: TargetSet) {
    self.targets = targets
    sums = Mutex(
      Sums(counts: Array(repeating: References.Counts(), count: targets.slots.count)))
  }

  /// The counts so far.
  var outcome: (counts: [References.Counts], places: [ReferencePlace: Int]) {
    sums.withLock { ($0.counts, $0.places) }
  }

  /// Adds references and empties the list of them.
  func add(_ hits: inout [ReferenceHit]) {
    sums.withLock { sums in
      for hit in hits {
        guard let index = targets.index(of: hit.slot) else { continue }
        if hit.source != nil {
          sums.counts[index].mutual &+= 1
        } else if case .object = hit.place {
          sums.counts[index].objects &+= 1
        } else if hit.place.isFirm {
          sums.counts[index].variables &+= 1
        } else {
          sums.counts[index].stale &+= 1
        }
        if hit.source == nil { sums.places[hit.place, default: 0] += 1 }
      }
    }
    hits.removeAll(keepingCapacity: true)
  }
}

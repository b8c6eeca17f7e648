import Evidence
import Synchronization

/// The counts of a scan in progress, which all its parts add to.
final class ReferenceTally: ReferenceSink {

  private struct Sums {
    var counts: [References.Counts]
    /// For each kind of targets.
    var places: [[ReferencePlace: Int]]
  }

  private let targets: TargetSet
  private let kinds: TargetKinds
  private let sums: Mutex<Sums>

  /// Starts at 0 for each target.
  init(_ targets: TargetSet, kinds: TargetKinds) {
    self.targets = targets
    self.kinds = kinds
    sums = Mutex(
      Sums(
        counts: Array(repeating: References.Counts(), count: targets.slots.count),
        places: Array(repeating: [:], count: kinds.kinds.count)))
  }

  /// The counts so far, by kind; each has the samples that lead to its own targets.
  func references(samples: [Reference], coverage: ScanCoverage) -> [References] {
    let (counts, places) = sums.withLock { ($0.counts, $0.places) }
    var slots = [[UInt32]](repeating: [], count: places.count)
    var countsOfKind = [[References.Counts]](repeating: [], count: places.count)
    for (index, slot) in targets.slots.enumerated() {
      slots[Int(kinds.numbers[index])].append(slot)
      countsOfKind[Int(kinds.numbers[index])].append(counts[index])
    }
    return places.indices.map { number in
      References(
        slots: slots[number], counts: countsOfKind[number], places: places[number],
        samples: samples.filter {
          targets.index(of: $0.slot).map { Int(kinds.numbers[$0]) } == number
        }, coverage: coverage)
    }
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
        if hit.source == nil { sums.places[Int(kinds.numbers[index])][hit.place, default: 0] += 1 }
      }
    }
    hits.removeAll(keepingCapacity: true)
  }
}

import Evidence
import KernelImage
import Memory

/// Compares the slabs that were found with what the kernel's own counters say of each cache.
///
/// The counters lie elsewhere than the slabs' page structures: when one of those is damaged, so that
/// its slab is not found or seems to be another cache's, nothing else tells.
struct NodeCounters {
  /// What is known of the slabs of one cache, by its nodes or by what was found.
  private struct Total {
    var slabs = 0
    var objects = 0
    var free = 0
    /// Slabs in which nothing is in use.
    var empty = 0
  }

  private let kernel: Kernel
  private let layout: NodeLayout

  /// Prepares to read the counters.
  init(_ kernel: Kernel, layout: NodeLayout) {
    self.kernel = kernel
    self.layout = layout
  }

  /// Notes a fault of each cache whose counters tell of other slabs than were found.
  func check(_ caches: [SurveyedCache], _ ledger: inout SlotLedger) {
    let found = found(ledger.book, caches: caches.count)
    for (number, cache) in caches.enumerated() where cache.slotSize > 0 {
      guard let told = told(cache) else { continue }
      if let difference = difference(told, found[number]) {
        ledger.note(Fault(.mismatch, at: cache.record.address, difference), ofCache: number)
      }
    }
  }

  /// What is found counts, but KFENCE's objects, which are in no slab.
  private func found(_ book: SlabBook, caches: Int) -> [Total] {
    var totals = [Total](repeating: Total(), count: caches)
    let guarded = Set(book.guarded.map(\.slab))
    for (number, slab) in book.slabs.enumerated() where !guarded.contains(number) {
      let cache = Int(slab.cache)
      totals[cache].slabs += 1
      totals[cache].objects += Int(slab.slots)
      totals[cache].free += Int(slab.slots) - min(Int(slab.inUse), Int(slab.slots))
      if slab.inUse == 0 { totals[cache].empty += 1 }
    }
    return totals
  }

  /// The sum of the nodes' counters; nil when one of them cannot be read.
  private func told(_ cache: SurveyedCache) -> Total? {
    var total = Total()
    guard let records = try? layout.records(of: cache.record.address, in: kernel) else {
      return nil
    }
    for record in records {
      // A damaged counter may have any value.
      total.slabs &+= Int(truncatingIfNeeded: record[layout.slabs])
      total.objects &+= layout.objects.map { Int(truncatingIfNeeded: record[$0]) } ?? 0
      total.free &+= layout.freeObjects.map { Int(truncatingIfNeeded: record[$0]) } ?? 0
    }
    return total
  }

  /// What differs, in words.
  ///
  /// Slabs of caches that RCU protects are not counted any more while they wait for a grace period;
  /// nothing in them is in use.
  private func difference(_ told: Total, _ found: Total) -> String? {
    guard told.slabs == found.slabs else {
      let isWaiting = told.slabs < found.slabs && found.slabs &- told.slabs <= found.empty
      guard !isWaiting else { return nil }
      return "its nodes count \(told.slabs) slabs, but \(found.slabs) were found"
    }
    if layout.objects != nil, told.objects != found.objects {
      return "its nodes count \(told.objects) objects, but its slabs have room for \(found.objects)"
    }
    if layout.freeObjects != nil, told.free != found.free {
      return "its nodes count \(told.free) free objects, but its slabs have \(found.free)"
    }
    return nil
  }
}

import Evidence
import KernelImage
import Memory

/// Enters what SLUB says about each slot: the slabs' freelists, then what CPUs and nodes hold back.
struct SLUBStates {
  private let kernel: Kernel
  private let caches: [SurveyedCache]
  private let layout: SLUBLayout
  private let next: Int?

  /// Prepares to read the states; `next` is where a slab has the pointer to the next of a CPU's list.
  init(_ kernel: Kernel, caches: [SurveyedCache], layout: SLUBLayout, next: Int?) {
    self.next = next
    self.kernel = kernel
    self.caches = caches
    self.layout = layout
  }

  /// Enters everything into a ledger; returns remarks for the user.
  func enter(into ledger: inout SlotLedger, callbacks: RCUCallbacks) async -> [String] {
    let cpuSlabs = layout.cpuSlab.map {
      CPUSlabs(kernel, book: ledger.book, caches: caches, layout: $0, next: next)
    }
    let pass = FreelistPass(
      kernel, book: ledger.book, caches: caches, layout: layout, active: cpuSlabs?.active ?? [])
    let defective = Set(ledger.book.defects.map(\.slab))
    var counted = [Int](repeating: 0, count: ledger.book.slabs.count)
    for outcome in await pass.outcomes() {
      ledger.free(outcome.list.slots, ofSlab: outcome.slab, .slab)
      if let fault = outcome.list.fault {
        ledger.doubt(outcome.slab, fault)
        counted[outcome.slab] = -1
      } else {
        counted[outcome.slab] = outcome.list.slots.count
      }
    }
    for (number, slab) in ledger.book.slabs.enumerated() where slab.slots > 0 {
      guard counted[number] >= 0, !defective.contains(number) else { continue }
      compare(counted[number], with: slab, number, &ledger)
    }
    cpuSlabs?.enter(into: &ledger, walkedBy: pass)
    if let sheaves = layout.sheaves {
      Sheaves(kernel, caches: caches, layout: sheaves).enter(into: &ledger, callbacks: callbacks)
    }
    return [pass.remark].compactMap { $0 }
  }

  /// Compares the length of a freelist with what the slab's counters say.
  ///
  /// What a CPU took over to its own freelist counts as in use, so the two always agree.
  private func compare(
    _ counted: Int, with slab: SurveyedSlab, _ number: Int, _ ledger: inout SlotLedger
  ) {
    let free = Int(slab.slots) - Int(slab.inUse)
    guard counted != free else { return }
    let fault = Fault(
      .mismatch, at: slab.firstObject, "freelist has \(counted) objects, the counters say \(free)")
    if counted < free {
      ledger.doubt(number, fault)
    } else {
      ledger.note(fault, ofSlab: number)
    }
  }
}

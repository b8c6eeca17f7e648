import ByteKit
import Evidence
import KernelImage
import Memory

/// Enters what SLAB says about each slot: the slabs' freelists, then the array caches.
struct SLABStates {
  private let kernel: Kernel
  private let caches: [SurveyedCache]
  private let layout: SLABLayout

  /// Prepares to read the states.
  init(_ kernel: Kernel, caches: [SurveyedCache], layout: SLABLayout) {
    self.kernel = kernel
    self.caches = caches
    self.layout = layout
  }

  /// Enters everything into a ledger.
  func enter(into ledger: inout SlotLedger) {
    let defective = Set(ledger.book.defects.map(\.slab))
    for (number, slab) in ledger.book.slabs.enumerated()
    where slab.inUse < slab.slots && !defective.contains(number) {
      let list = freelist(of: slab)
      ledger.free(list.slots, ofSlab: number, .slab)
      if let fault = list.fault { ledger.doubt(number, fault) }
    }
    ArrayCaches(kernel, caches: caches, layout: layout).enter(into: &ledger)
  }

  /// The free slots of a slab: the indices behind the first `active` ones of its freelist.
  private func freelist(of slab: SurveyedSlab) -> (slots: [UInt16], fault: Fault?) {
    let first = Int(slab.inUse) * layout.indexSize
    let count = Int(slab.slots - slab.inUse)
    let bytes: Bytes
    do throws(Absence) {
      let start = slab.freelist.advanced(by: first)
      bytes = try kernel.memory.contents(at: start, count: count * layout.indexSize)
      kernel.memory.note(.unordered(size: layout.indexSize), at: start, count: bytes.count)
    } catch {
      return ([], Fault(.absent, at: slab.freelist, "the freelist cannot be read: \(error)"))
    }
    var slots: [UInt16] = []
    var seen = [Bool](repeating: false, count: Int(slab.slots))
    for position in 0..<count {
      let index =
        layout.indexSize == 1
        ? bytes.load(UInt8.self, at: position).map(UInt16.init)
        : bytes.load(UInt16.self, at: position * 2)
      guard let index, index < slab.slots else {
        let wild = index.map { "\($0)" } ?? "nothing"
        return (slots, Fault(.wildPointer, at: slab.freelist, "freelist names slot \(wild)"))
      }
      guard !seen[Int(index)] else {
        return (slots, Fault(.cycle, at: slab.freelist, "freelist names slot \(index) twice"))
      }
      seen[Int(index)] = true
      slots.append(index)
    }
    return (slots, nil)
  }
}

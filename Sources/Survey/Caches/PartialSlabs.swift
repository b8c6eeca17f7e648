import Evidence
import KernelImage
import Memory

/// Compares SLUB's slabs with the lists that nodes have of those with free objects.
///
/// A slab without any is on no list; when its `struct page` is damaged and only looks so, the list
/// has it still.
struct PartialSlabs {
  private let kernel: Kernel
  private let layout: NodeLayout
  /// Where in a `struct page` or `struct slab` the list's node is, in bytes.
  private let link: Int

  /// Prepares to walk the lists.
  init(_ kernel: Kernel, layout: NodeLayout, link: Int) {
    self.kernel = kernel
    self.layout = layout
    self.link = link
  }

  /// Puts slabs in doubt whose free objects are lost, and notes lists that cannot be right.
  func check(_ caches: [SurveyedCache], _ ledger: inout SlotLedger) {
    guard let partial = layout.partial else { return }
    let counts = ledger.book.slabCounts(caches: caches.count)
    for (number, cache) in caches.enumerated() where cache.slotSize > 0 {
      let nodes = (try? layout.records(of: cache.record.address, in: kernel)) ?? []
      // Who holds the lock may have changed a part of it all.
      for node in nodes where layout.lock.map({ node[$0] == 0 }) ?? true {
        check(node, partial, number, slabs: counts[number], &ledger)
      }
    }
  }

  /// Checks the list of one node; it has no more than the `slabs` that were found of the cache.
  private func check(
    _ node: Record, _ partial: Int, _ cache: Int, slabs: Int, _ ledger: inout SlotLedger
  ) {
    let list = LinkedList(head: node.address.advanced(by: partial), limit: slabs, in: kernel)
    for place in list.nodes {
      let page = place.advanced(by: -link)
      guard let slab = ledger.book.index(ofStructPage: page),
        Int(ledger.book.slabs[slab].cache) == cache
      else {
        ledger.note(
          Fault(.wildPointer, at: page, "a node's list of its partial slabs has what is none"),
          ofCache: cache)
        continue
      }
      let found = ledger.book.slabs[slab]
      // Where only the count or only the freelist says that the slab is full, the other tells that.
      guard found.slots > 0, found.inUse == found.slots, found.freelist == VirtualAddress(0) else {
        continue
      }
      ledger.doubt(
        slab,
        Fault(
          .mismatch, at: found.firstObject, "a full slab is on its node's list of partial slabs"))
    }
    if let fault = list.fault {
      ledger.note(
        Fault(
          fault.kind, at: fault.address,
          "a node's list of its partial slabs is damaged: \(fault.summary)"), ofCache: cache)
    } else if let count = layout.partialCount.map({ node[$0] }), count != list.nodes.count {
      ledger.note(
        Fault(
          .mismatch, at: node.address,
          "a node counts \(count) partial slabs, but \(list.nodes.count) are on its list"),
        ofCache: cache)
    }
  }
}

import Evidence
import KernelImage
import Memory

/// The slabs that CPUs allocate from, each with a freelist that only its CPU uses.
struct CPUSlabs: Sendable {
  /// A CPU's slab.
  struct Active: Sendable {
    /// The index of the slab.
    let slab: Int
    /// The first object on the CPU's freelist; null for none.
    let freelist: VirtualAddress
  }

  /// The slabs of all CPUs.
  private(set) var active: [Active] = []
  /// Other slabs that CPUs have taken, whose freelists are their own.
  private var taken: Set<Int> = []
  /// What is wrong with a CPU's slab, by the index of the cache.
  private var faults: [(cache: Int, fault: Fault)] = []

  /// Looks at every CPU of every cache; `next` is where a slab has the pointer to the next one taken.
  init(
    _ kernel: Kernel, book: SlabBook, caches: [SurveyedCache], layout: SLUBLayout.CPUSlab,
    next: Int?
  ) {
    let extent = [layout.slab, layout.freelist].extent
    let counts = book.slabCounts(caches: caches.count)
    for (number, cache) in caches.enumerated() where cache.slotSize > 0 {
      let pointer = VirtualAddress(cache.record[layout.pointer])
      for cpu in kernel.perCPU.possible {
        let address = kernel.perCPU.address(of: pointer, cpu: cpu)
        if let partial = layout.partial, let next {
          let list = ListWalk(
            chain: address.advanced(by: partial.offset), next: next, offset: 0, in: kernel.memory,
            of: kernel.machine, limit: counts[number])
          taken.formUnion(list.entries.compactMap { book.index(ofStructPage: $0) })
        }
        do throws(Fault) {
          let record = try Record(
            "the slab of CPU \(cpu)", at: address, extent: extent, in: kernel.memory)
          let page = kernel.machine.untagged(VirtualAddress(record[layout.slab]))
          guard page != VirtualAddress(0) else { continue }
          guard let slab = book.index(ofStructPage: page), book.slabs[slab].cache == number else {
            throw Fault(
              .wildPointer, at: address, "CPU \(cpu) allocates from what is no slab of it")
          }
          if !book.slabs[slab].isFrozen {
            faults.append(
              (
                number,
                Fault(.mismatch, at: address, "CPU \(cpu) allocates from a slab not its own")
              ))
          }
          let freelist = kernel.machine.untagged(VirtualAddress(record[layout.freelist]))
          active.append(Active(slab: slab, freelist: freelist))
        } catch {
          faults.append((number, error))
        }
      }
    }
  }

  /// Enters the free objects of all CPUs.
  func enter(into ledger: inout SlotLedger, walkedBy pass: FreelistPass) {
    for found in active {
      let list = pass.walk(found.freelist, of: ledger.book.slabs[found.slab])
      ledger.free(list.slots, ofSlab: found.slab, .cpuSlab)
      if let fault = list.fault { ledger.doubt(found.slab, fault) }
    }
    for (cache, fault) in faults { ledger.note(fault, ofCache: cache) }
    doubtUnclaimed(&ledger)
  }

  /// Puts in doubt the slabs that a CPU may allocate from which could not be asked, or denies it.
  ///
  /// A slab that a CPU has taken over is frozen, whatever else is: all slabs that CPUs had taken
  /// beside it were, until Linux 8cd3fa428b56 ("slub: Delay freezing of partial slabs"), v6.8.
  private func doubtUnclaimed(_ ledger: inout SlotLedger) {
    let unclear = Set(faults.map { Int32($0.cache) })
    let claimed = Set(active.map(\.slab))
    for (number, slab) in ledger.book.slabs.enumerated() where slab.isFrozen {
      guard unclear.contains(slab.cache) || !taken.contains(number), !claimed.contains(number)
      else { continue }
      ledger.doubt(
        number,
        Fault(
          .absent, at: slab.firstObject, "a CPU may allocate from the slab, and its list is lost"))
    }
  }
}

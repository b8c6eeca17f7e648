import Evidence
import KernelImage
import Memory

/// The arrays of free objects that SLAB keeps for CPUs and NUMA nodes.
struct ArrayCaches {
  private let kernel: Kernel
  private let caches: [SurveyedCache]
  private let layout: SLABLayout

  /// Prepares to look at every array of every cache.
  init(_ kernel: Kernel, caches: [SurveyedCache], layout: SLABLayout) {
    self.kernel = kernel
    self.caches = caches
    self.layout = layout
  }

  /// No array has room for more objects: `/proc/slabinfo` takes any limit, sysadmins set hundreds.
  private static let largestLimit: UInt64 = 1 << 16

  /// Enters the objects of all arrays.
  func enter(into ledger: inout SlotLedger) {
    let nodes = NUMANodes.count(in: kernel)
    for (number, cache) in caches.enumerated() where cache.slotSize > 0 {
      let pointer = VirtualAddress(cache.record[layout.cpuArray])
      if pointer != VirtualAddress(0) {
        for cpu in kernel.perCPU.possible {
          let array = kernel.perCPU.address(of: pointer, cpu: cpu)
          enter("the array of CPU \(cpu)", at: array, .cpuArray, number, &ledger)
        }
      }
      do throws(Fault) {
        let array = cache.record.address.advanced(by: layout.nodes)
        for node in try kernel.pointers("the nodes", at: array, nodes)
        where node != VirtualAddress(0) {
          enterNode(node, nodes: nodes, number, &ledger)
        }
      } catch {
        ledger.note(error, ofCache: number)
      }
    }
  }

  private func enterNode(
    _ node: VirtualAddress, nodes: Int, _ cache: Int, _ ledger: inout SlotLedger
  ) {
    do throws(Fault) {
      let record = try Record(
        "a node", at: node, extent: ([layout.shared] + [layout.alien].compactMap { $0 }).extent,
        in: kernel.memory)
      let shared = kernel.machine.untagged(VirtualAddress(record[layout.shared]))
      if shared != VirtualAddress(0) {
        enter("the shared array of a node", at: shared, .sharedArray, cache, &ledger)
      }
      guard let alien = layout.alien, record[alien] != 0 else { return }
      let array = kernel.machine.untagged(VirtualAddress(record[alien]))
      for other in try kernel.pointers("the alien arrays of a node", at: array, nodes)
      where other != VirtualAddress(0) {
        enter(
          "an alien array", at: other.advanced(by: layout.arrayOfAlien), .alienArray, cache,
          &ledger)
      }
    } catch {
      ledger.note(error, ofCache: cache)
    }
  }

  /// Enters the objects of one `struct array_cache`.
  private func enter(
    _ name: String, at address: VirtualAddress, _ site: FreeSite, _ cache: Int,
    _ ledger: inout SlotLedger
  ) {
    do throws(Fault) {
      let record = try Record(
        name, at: address, extent: [layout.array.available, layout.array.limit].extent,
        in: kernel.memory)
      let count = record[layout.array.available]
      let limit = record[layout.array.limit]
      guard count <= limit, count <= Self.largestLimit else {
        throw Fault(.impossible, at: address, "\(name) has \(count) objects and room for \(limit)")
      }
      let array = address.advanced(by: layout.array.entries)
      let objects = try kernel.pointers(name, at: array, Int(count))
      let strangers = ledger.enter(objects, ofCache: cache, .free(site))
      guard strangers > 0 else { return }
      throw Fault(
        .wildPointer, at: address, "\(strangers) objects in \(name) are none of the cache's")
    } catch {
      ledger.note(error, ofCache: cache)
    }
  }
}

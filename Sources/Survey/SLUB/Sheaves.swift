import ByteKit
import Evidence
import KernelImage
import Memory

/// The arrays of free objects that CPUs and nodes keep in kernels since v6.18.
struct Sheaves {
  private let kernel: Kernel
  private let caches: [SurveyedCache]
  private let layout: SLUBLayout.Sheaves

  /// Prepares to look at every sheaf of every cache.
  init(_ kernel: Kernel, caches: [SurveyedCache], layout: SLUBLayout.Sheaves) {
    self.kernel = kernel
    self.caches = caches
    self.layout = layout
  }

  /// MAX_FULL_SHEAVES of mm/slub.c: what a node's barn holds at most.
  private static let fullSheaves = 10
  /// Nothing in the kernel's structures says so, and another kernel may keep more.
  private static let mostSheaves = 1024
  /// No sheaf has more room than this.
  private static let largestCapacity: UInt64 = 4096
  /// More NUMA nodes than any kernel is built for.
  private static let mostNodes = 1024

  /// Enters the objects of all sheaves; `callbacks` are those that wait for an RCU grace period.
  func enter(into ledger: inout SlotLedger, callbacks: RCUCallbacks) {
    let nodes = NUMANodes.count(in: kernel)
    for (number, cache) in caches.enumerated() where cache.slotSize > 0 {
      enterSheavesOfCPUs(cache, number, &ledger)
      if let barns = layout.barns {
        for node in 0..<min(nodes, barns.count, Self.mostNodes) {
          enterBarn(barns, node: node, cache, number, &ledger)
        }
      }
    }
    enterSheavesInFlight(callbacks, &ledger)
  }

  /// Enters the full sheaves of objects freed by `kfree_rcu` that RCU has, and no CPU any more.
  private func enterSheavesInFlight(_ callbacks: RCUCallbacks, _ ledger: inout SlotLedger) {
    guard let function = kernel.address(of: "rcu_free_sheaf") else { return }
    let numbers = Dictionary(
      caches.enumerated().map { ($1.record.address, $0) }, uniquingKeysWith: { first, _ in first })
    for callback in callbacks.callbacks where callback.function == function {
      // `rcu_head` is the first member.
      guard
        let owner = try? kernel.memory.pointer(
          at: callback.head.advanced(by: layout.cache.offset)),
        let number = numbers[kernel.machine.untagged(owner)]
      else { continue }
      enterSheaf(callback.head.rawValue, caches[number], number, .pending(.rcuSheaf), &ledger)
    }
  }

  private func enterSheavesOfCPUs(
    _ cache: SurveyedCache, _ number: Int, _ ledger: inout SlotLedger
  ) {
    let pointer = VirtualAddress(cache.record[layout.pointer])
    guard pointer != VirtualAddress(0) else { return }
    let extent = (layout.active + [layout.rcuFree].compactMap { $0 }).extent
    for cpu in kernel.perCPU.possible {
      let address = kernel.perCPU.address(of: pointer, cpu: cpu)
      do throws(Fault) {
        let record = try Record(
          "the sheaves of CPU \(cpu)", at: address, extent: extent, in: kernel.memory)
        // Where objects go that are freed first: a CPU always has one.
        if let main = layout.active.first, record[main] == 0 {
          throw Fault(.wildPointer, at: address, "CPU \(cpu) has no main sheaf")
        }
        for field in layout.active {
          enterSheaf(record[field], cache, number, .free(.cpuSheaf), &ledger)
        }
        if let rcuFree = layout.rcuFree {
          enterSheaf(record[rcuFree], cache, number, .pending(.rcuSheaf), &ledger)
        }
      } catch {
        let sheaves = layout.active.count + (layout.rcuFree == nil ? 0 : 1)
        ledger.note(error, ofCache: number, overcount: sheaves * capacity(of: cache))
      }
    }
  }

  private func enterBarn(
    _ barns: SLUBLayout.Barns, node: Int, _ cache: SurveyedCache, _ number: Int,
    _ ledger: inout SlotLedger
  ) {
    let element = cache.record.address.advanced(by: barns.array + node * barns.stride)
    do throws(Absence) {
      var holder = element
      if barns.isIndirect {
        holder = kernel.machine.untagged(try kernel.memory.pointer(at: element))
        guard holder != VirtualAddress(0) else { return }
      }
      let barn = try kernel.memory.pointer(at: holder.advanced(by: barns.barn.offset))
      guard barn != VirtualAddress(0) else { return }
      let list = LinkedList(
        head: kernel.machine.untagged(barn).advanced(by: barns.full), limit: Self.mostSheaves,
        in: kernel)
      for sheaf in list.nodes {
        let sheaf = sheaf.advanced(by: -layout.barnList)
        enterSheaf(sheaf.rawValue, cache, number, .free(.barn), &ledger)
      }
      if let fault = list.fault ?? miscount(list, barns, at: kernel.machine.untagged(barn)) {
        let rest = max(Self.fullSheaves - list.nodes.count, 0)
        ledger.note(fault, ofCache: number, overcount: rest * capacity(of: cache))
      }
    } catch {
      ledger.note(
        Fault(.absent, at: element, "the barn of node \(node) cannot be read: \(error)"),
        ofCache: number, overcount: Self.fullSheaves * capacity(of: cache))
    }
  }

  /// What is wrong where a barn counts other sheaves than are on its list.
  private func miscount(
    _ list: LinkedList, _ barns: SLUBLayout.Barns, at barn: VirtualAddress
  ) -> Fault? {
    guard let count = kernel.count(barns.fullCount, at: barn), count != list.nodes.count,
      kernel.count(barns.lock, at: barn) ?? 0 == 0
    else { return nil }
    return Fault(
      .mismatch, at: barn,
      "a barn counts \(count) full sheaves, but \(list.nodes.count) are on its list")
  }

  /// How many objects a sheaf of a cache holds at most.
  private func capacity(of cache: SurveyedCache) -> Int {
    Int(min(cache.record[layout.capacity], Self.largestCapacity))
  }

  /// Enters the objects of a sheaf; a null pointer is no sheaf.
  private func enterSheaf(
    _ pointer: UInt64, _ cache: SurveyedCache, _ number: Int, _ state: ObjectState,
    _ ledger: inout SlotLedger
  ) {
    guard pointer != 0 else { return }
    let address = kernel.machine.untagged(VirtualAddress(pointer))
    do throws(Fault) {
      let record = try Record(
        "a sheaf", at: address, extent: [layout.cache, layout.size].extent, in: kernel.memory)
      let count = record[layout.size]
      let room = capacity(of: cache)
      // A cache without sheaves points to one static sheaf of all such caches, which is empty.
      guard count > 0 || room > 0 else { return }
      let owner = kernel.machine.untagged(VirtualAddress(record[layout.cache]))
      guard owner == cache.record.address else {
        throw Fault(
          .mismatch, at: address, "a sheaf says it belongs to the cache at \(owner)")
      }
      let objects = try kernel.pointers(
        "a sheaf", at: address.advanced(by: layout.objects), Int(min(count, UInt64(room))))
      guard count <= UInt64(room) else {
        let fault = Fault(
          .impossible, at: address, "a sheaf has \(count) objects and room for \(room)")
        _ = ledger.doubt(objects, ofCache: number, fault)
        return
      }
      let strangers = ledger.enter(objects, ofCache: number, state)
      guard strangers > 0 else { return }
      let fault = Fault(
        .wildPointer, at: address, "\(strangers) objects in a sheaf are none of the cache's")
      ledger.note(fault, ofCache: number, overcount: strangers)
    } catch {
      ledger.note(error, ofCache: number, overcount: capacity(of: cache))
    }
  }
}

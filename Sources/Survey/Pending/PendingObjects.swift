import DebugInfo
import Evidence
import KernelImage
import Memory

/// The objects that their users have freed but that the allocator counts as allocated.
struct PendingObjects {
  private let kernel: Kernel
  private let callbacks: RCUCallbacks

  /// Prepares to look for them; `callbacks` are those that wait for an RCU grace period.
  init(_ kernel: Kernel, callbacks: RCUCallbacks) {
    self.kernel = kernel
    self.callbacks = callbacks
  }

  /// Enters them into a ledger; returns remarks for the user.
  func enter(into ledger: inout SlotLedger) -> [String] {
    let kfreeRCU = KFreeRCU(kernel)
    let deferred = DeferredFrees(kernel)
    let quarantine = Quarantine(kernel)
    ledger.suspend(kfreeRCU.addresses, .kfreeRCU)
    ledger.suspend(deferred.addresses, .deferredFree)
    ledger.suspend(quarantine.addresses, .quarantine)
    enterCallbacks(&ledger)
    return callbacks.remarks + kfreeRCU.remarks + deferred.remarks + quarantine.remarks
  }

  /// An object that has the `rcu_head` of a callback in it is about to be freed, with exceptions.
  private func enterCallbacks(_ ledger: inout SlotLedger) {
    // Objects that live on: a reference counter that is being killed, work that is being queued, a
    // sheaf that is being emptied.
    let kept = Set(
      ["percpu_ref_switch_to_atomic_rcu", "rcu_work_rcufn", "rcu_free_sheaf"].flatMap {
        kernel.symbols.symbols(named: $0).map(\.address)
      })
    // Before v5.6, and where kfree_rcu is not batched, the function is the offset of the `rcu_head`,
    // or one of kfree_rcu's own: Linux 49d5377b38aa ("rcu, slab: use a regular callback function for
    // kvfree_rcu"), v6.15.
    let unbatched = Set(kernel.symbols.symbols(named: "kvfree_rcu_cb").map(\.address))
    let batches = Dictionary(grouping: callbacks.callbacks) {
      $0.function.rawValue < 4096 || unbatched.contains($0.function)
    }
    ledger.suspend(batches[true, default: []].map(\.head), .kfreeRCU)
    let freed = batches[false, default: []].filter { !kept.contains($0.function) }
    ledger.suspend(freed.map(\.head), .callRCU)
    ledger.suspend(delayed(freed), .callRCU)
  }

  /// The objects that callbacks name which SLUB itself made to free them.
  ///
  /// Linux b8c8ba73c68b ("slub: Introduce CONFIG_SLUB_RCU_DEBUG"), v6.12: what others may still read
  /// under RCU gets free after a grace period only, so that KASAN sees a use after that.
  private func delayed(_ callbacks: [RCUCallbacks.Callback]) -> [VirtualAddress] {
    guard let function = kernel.address(of: "slab_free_after_rcu_debug"),
      let record = kernel.types.structure(
        "rcu_delayed_free", near: ["kmem_cache_free", "slab_free_after_rcu_debug"]),
      let head = record.place(of: "head"), let object = record.place(of: "object")
    else { return [] }
    return callbacks.filter { $0.function == function }.compactMap {
      (try? kernel.memory.pointer(at: $0.head.advanced(by: object - head)))
        .map(kernel.machine.untagged)
    }
  }
}

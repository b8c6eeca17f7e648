import DebugInfo
import Evidence
import KernelImage
import Memory

/// The objects that were freed where no lock may be taken, and that wait on their CPU's list.
///
/// Linux af92793e52c3 ("slab: Introduce kmalloc_nolock() and kfree_nolock()."), v6.18. The link lies
/// where the free pointer will be.
struct DeferredFrees: Sendable {
  /// Addresses in the objects.
  private(set) var addresses: [VirtualAddress] = []
  /// What the user should know about what could not be read.
  private(set) var remarks: [String] = []

  /// Reads the lists of all CPUs.
  init(_ kernel: Kernel) {
    guard let variable = kernel.address(of: "defer_free_objects"),
      let list = kernel.types.structure("defer_free", near: ["kfree_nolock", "kfree"]),
      let objects = list.place(of: "objects")
    else { return }
    for cpu in kernel.perCPU.possible {
      let head = kernel.perCPU.address(of: variable, cpu: cpu).advanced(by: objects)
      let walk = ListWalk(chain: head, offset: 0, in: kernel.memory, of: kernel.machine)
      addresses += walk.entries
      if let fault = Fault(walk.end) {
        remarks.append("not all deferred frees are known: \(fault.summary)")
      }
    }
  }
}

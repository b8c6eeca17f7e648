import DebugInfo
import Evidence
import KernelImage
import Memory

/// The freed objects that KASAN keeps from being used again for a while.
///
/// Linux 55834c59098d ("mm: kasan: initial memory quarantine implementation"), v4.7. The link lies
/// in what KASAN adds to the object.
struct Quarantine: Sendable {
  /// Addresses in the objects.
  private(set) var addresses: [VirtualAddress] = []
  /// What the user should know about what could not be read.
  private(set) var remarks: [String] = []

  /// Functions of mm/kasan/quarantine.c.
  private static let anchors = [
    "kasan_quarantine_put", "quarantine_put", "kasan_quarantine_reduce", "quarantine_reduce",
  ]

  /// Reads the CPUs' queues and the global one.
  init(_ kernel: Kernel) {
    guard let variable = kernel.address(of: "cpu_quarantine"),
      let queue = kernel.types.structure("qlist_head", near: Self.anchors),
      let size = try? queue.requireSize(),
      let first = queue.place(of: "head")
    else { return }
    var heads = kernel.perCPU.possible.map { kernel.perCPU.address(of: variable, cpu: $0) }
    // An array of batches since Linux 64abdcb24351 ("kasan: eliminate long stalls during quarantine
    // reduction"), v4.10.
    if let global = kernel.symbols.symbol(named: "global_quarantine") {
      let batches = min(Int(clamping: global.size) / size, 1 << 14)
      heads += (0..<batches).map { global.address.advanced(by: $0 * size) }
    }
    for head in heads {
      let walk = ListWalk(
        chain: head.advanced(by: first), offset: 0, in: kernel.memory, of: kernel.machine)
      addresses += walk.entries
      if let fault = Fault(walk.end) {
        remarks.append("not all of KASAN's quarantine is known: \(fault.summary)")
      }
    }
  }
}

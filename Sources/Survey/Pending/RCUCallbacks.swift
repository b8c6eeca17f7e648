import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// The callbacks that were given to `call_rcu` and did not run yet.
struct RCUCallbacks: Sendable {
  /// A callback: where its `rcu_head` is, and the function that is to be called.
  struct Callback: Sendable {
    let head: VirtualAddress
    let function: VirtualAddress
  }

  /// The callbacks of all CPUs.
  private(set) var callbacks: [Callback] = []
  /// What the user should know about what could not be read.
  private(set) var remarks: [String] = []

  /// A function of kernel/rcu/tree.c.
  private static let anchors = ["call_rcu", "rcu_barrier"]

  /// Reads the lists of all CPUs.
  init(_ kernel: Kernel) {
    // Before v4.20 there were several flavours of RCU, each with data under another name.
    guard let variable = kernel.address(of: "rcu_data"),
      let data = kernel.types.structure("rcu_data", near: Self.anchors)
    else { return }
    // Callbacks of CPUs that do not run their own wait in a second list: Linux d1b222c6be1f
    // ("rcu/nocb: Add bypass callback queueing"), v5.4.
    let heads = ["cblist.head", "nocb_bypass.head"].compactMap { data.place(of: $0) }
    for cpu in kernel.perCPU.possible {
      let base = kernel.perCPU.address(of: variable, cpu: cpu)
      for head in heads {
        let walk = ListWalk(
          chain: base.advanced(by: head), offset: 0, in: kernel.memory, of: kernel.machine)
        for head in walk.entries {
          guard let function = try? kernel.memory.pointer(at: head.advanced(by: 8)) else {
            continue
          }
          callbacks.append(Callback(head: head, function: function))
        }
        if let fault = Fault(walk.end) {
          remarks.append("not all RCU callbacks are known: \(fault.summary)")
        }
      }
    }
  }
}

import DebugInfo
import Evidence
import KernelImage
import Memory

/// The search for sockets and processes that refer to control groups which were removed.
struct GroupHolders {
  /// How many sockets refer to a group, by its index; nil where sockets cannot be read.
  private(set) var sockets: [Int: Int]?
  /// How many processes that ended and were not waited for are in a group, by its index; nil where
  /// processes cannot be read.
  private(set) var processes: [Int: Int]?
  private let kernel: Kernel
  private let tree: ControlGroupTree

  /// A socket's word with flags is no pointer if bit 0 is set; bit 1 says that it does not count.
  private static let isNumber: UInt64 = 1
  private static let isUncounted: UInt64 = 2

  /// Looks at all sockets and processes.
  init(_ kernel: Kernel, census: Census, tree: ControlGroupTree) {
    self.kernel = kernel
    self.tree = tree
    guard let layout = try? TaskLayout(kernel.types) else { return }
    let list = ProcessList(kernel, layout: layout).processes
    addProcesses(list)
    if let sockets = try? SocketLayout(kernel.types) {
      let open = OpenSockets(kernel, processes: list, layout: layout)
      addSockets(SocketSearch(kernel, census: census, layout: sockets, open: open), sockets)
    }
  }

  private mutating func addSockets(_ search: SocketSearch, _ layout: SocketLayout) {
    let sk = layout.structure
    // Linux 8520e224f547 ("bpf, cgroups: Fix cgroup v2 fallback on v1/v2 mixed mode"), v5.15: a
    // pointer, before that a word with flags.
    guard let group = sk.field("sk_cgrp_data.cgroup") ?? sk.field("sk_cgrp_data.val") else {
      return
    }
    let memory = sk.field("sk_memcg")
    var counts: [Int: Int] = [:]
    for (address, _) in search.sockets {
      var index: Int?
      if let word = kernel.value(group, at: address), word & (Self.isNumber | Self.isUncounted) == 0
      {
        index = tree.dyingNodes[kernel.machine.untagged(VirtualAddress(word))]
      }
      if index == nil, let place = kernel.pointer(memory, at: address) {
        index = tree.indices[place].flatMap { tree.groups[$0].isDying ? $0 : nil }
      }
      if let index { counts[index, default: 0] += 1 }
    }
    sockets = counts
  }

  private mutating func addProcesses(_ list: [ProcessList.Process]) {
    let types = kernel.types
    guard
      let task = types.structure("task_struct", near: TaskLayout.anchors),
      let set = types.structure("css_set", near: ControlGroupLayout.anchors),
      let sets = task.field("cgroups"), let start = set.place(of: "subsys"),
      let count = set.elementCount(of: "subsys"), count <= 64
    else { return }
    var counts: [Int: Int] = [:]
    for process in list {
      guard let address = process.task.address, let set = kernel.pointer(sets, at: address),
        let states = try? kernel.pointers("its groups", at: set.advanced(by: start), count),
        let index = states.compactMap({ tree.dyingStates[$0] }).first
      else { continue }
      counts[index, default: 0] += 1
    }
    processes = counts
  }
}

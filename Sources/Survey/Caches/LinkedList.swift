import Evidence
import KernelImage
import Memory

/// The nodes on one of the kernel's circular lists (`struct list_head`: `next`, then `prev`).
///
/// A damaged list may lead through memory that is no list; it is cut where a node does not point
/// back to the one before it.
struct LinkedList: Sendable {
  /// The addresses of the nodes, in order, without the head.
  let nodes: [VirtualAddress]
  /// Why the list ends early here, or nil when it came back to the head.
  let fault: Fault?

  /// Walks a list of at most `limit` nodes.
  init(head: VirtualAddress, limit: Int, in kernel: Kernel) {
    let walk = ListWalk(
      circle: head, offset: 0, in: kernel.memory, of: kernel.machine, limit: limit)
    var nodes: [VirtualAddress] = []
    for node in walk.entries {
      let previous = try? kernel.memory.pointer(at: node.advanced(by: 8))
      guard previous.map(kernel.machine.untagged) == nodes.last ?? head else { break }
      nodes.append(node)
    }
    self.nodes = nodes
    if nodes.count < walk.entries.count {
      fault = Fault(
        .wildPointer, at: walk.entries[nodes.count], "the list leads to what is no node of it")
    } else {
      fault = Fault(walk.end)
    }
  }
}

extension Fault {
  /// What is wrong with a list whose walk ended so; nil when nothing is.
  init?(_ end: ListWalk.End) {
    switch end {
    case .complete: return nil
    case .cyclic: self.init(.cycle, "the list comes back to a node it has passed")
    case .absent(let absence, let place):
      self.init(.absent, at: place, "the list leads to memory that is \(absence)")
    case .limit: self.init(.impossible, "the list has more nodes than it can have")
    }
  }
}

import ByteKit
import Evidence
import KernelImage
import Memory

/// The nodes on one of the kernel's circular lists (`struct list_head`: `next`, then `prev`).
struct LinkedList: Sendable {
  /// The addresses of the nodes, in order, without the head.
  private(set) var nodes: [VirtualAddress] = []
  /// Why the walk ended early, or nil when it came back to the head.
  private(set) var fault: Fault?

  /// Follows `next` from a head, over at most `limit` nodes; keeps what it saw before a fault.
  init(head: VirtualAddress, limit: Int, in kernel: Kernel) {
    do throws(Fault) {
      var seen: Set<VirtualAddress> = [head]
      var node = head
      var next = try Self.links(of: head, in: kernel).next
      while next != head {
        guard seen.insert(next).inserted else {
          throw Fault(.cycle, at: next, "the list comes back to a node it has passed")
        }
        guard nodes.count < limit else {
          throw Fault(.impossible, at: next, "the list has more than \(limit) nodes")
        }
        let links = try Self.links(of: next, in: kernel)
        guard links.previous == node else {
          throw Fault(.wildPointer, at: next, "the list leads to what is no node of it")
        }
        nodes.append(next)
        node = next
        next = links.next
      }
    } catch {
      fault = error
    }
  }

  private static func links(
    of node: VirtualAddress, in kernel: Kernel
  ) throws(Fault) -> (next: VirtualAddress, previous: VirtualAddress) {
    do throws(Absence) {
      let bytes = try kernel.memory.bytes(at: node, count: 16)
      guard let next: UInt64 = bytes.load(at: 0), let previous: UInt64 = bytes.load(at: 8)
      else { throw .truncated }
      return (
        kernel.machine.untagged(VirtualAddress(next)),
        kernel.machine.untagged(VirtualAddress(previous))
      )
    } catch {
      throw Fault(.absent, at: node, "the list leads to memory that is \(error)")
    }
  }
}

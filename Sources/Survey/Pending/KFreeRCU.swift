import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// The objects given to `kfree_rcu` that wait in a CPU's batches for a grace period.
///
/// Linux a35d16905efc ("rcu: Add basic support for kfree_rcu() batching"), v5.6.
struct KFreeRCU: Sendable {
  /// Addresses in the objects: of their own start or of the `rcu_head` in them.
  private(set) var addresses: [VirtualAddress] = []
  /// What the user should know about what could not be read.
  private(set) var remarks: [String] = []

  /// Where a structure keeps lists of one kind.
  private struct Lists {
    let offset: Int
    let count: Int
    let isCircular: Bool

    /// The member of the first name there is: `struct list_head`s, or pointers to the first block.
    ///
    /// They are lists since Linux 27538e18b62f ("rcu/kvfree: Switch to a generic linked list API"),
    /// v6.3.
    init?(_ names: [String], of structure: Structure) {
      guard let name = names.first(where: { structure.member($0) != nil }),
        let offset = structure.place(of: name), let member = structure.member(name)
      else { return nil }
      self.offset = offset
      count = min(structure.elementCount(of: name) ?? 1, 8)
      isCircular = (structure.table.size(of: member.type) ?? 0) / max(count, 1) == 16
    }
  }

  /// Where `struct kvfree_rcu_bulk_data` keeps its objects.
  private struct Block {
    let link: Int
    let next: Int
    let count: Field
    let records: Int
  }

  /// Functions of the file that has `krc`.
  private static let anchors = ["kvfree_call_rcu", "kfree_call_rcu"]

  /// Reads the batches of all CPUs.
  init(_ kernel: Kernel) {
    guard let variable = kernel.address(of: "krc"),
      let cpu = kernel.types.structure("kfree_rcu_cpu", near: Self.anchors)
    else { return }
    let block = Self.block(kernel.types)
    let works = cpu.target(of: "krw_arr")
    for number in kernel.perCPU.possible {
      let base = kernel.perCPU.address(of: variable, cpu: number)
      collect(
        at: base, heads: cpu.place(of: "head"),
        blocks: Lists(["bulk_head", "bkvhead", "bhead"], of: cpu),
        block, in: kernel)
      guard let works, let size = try? works.requireSize(), let array = cpu.place(of: "krw_arr")
      else { continue }
      for work in 0..<min(cpu.elementCount(of: "krw_arr") ?? 1, 8) {
        collect(
          at: base.advanced(by: array + work * size), heads: works.place(of: "head_free"),
          blocks: Lists(["bulk_head_free", "bkvhead_free", "bhead_free"], of: works), block,
          in: kernel)
      }
    }
  }

  private static func block(_ types: any TypeSource) -> Block? {
    guard
      let data = types.structure("kvfree_rcu_bulk_data", near: anchors)
        ?? types.structure("kfree_rcu_bulk_data", near: anchors),
      let count = data.field("nr_records"), let records = data.place(of: "records")
    else { return nil }
    return Block(
      link: data.place(of: "list") ?? 0, next: data.place(of: "next") ?? 0, count: count,
      records: records)
  }

  private mutating func collect(
    at base: VirtualAddress, heads: Int?, blocks: Lists?, _ block: Block?, in kernel: Kernel
  ) {
    if let heads {
      let walk = ListWalk(
        chain: base.advanced(by: heads), offset: 0, in: kernel.memory, of: kernel.machine)
      addresses += walk.entries
      if let fault = Fault(walk.end) { note(fault) }
    }
    guard let blocks, let block else { return }
    for number in 0..<blocks.count {
      let head = base.advanced(by: blocks.offset + number * (blocks.isCircular ? 16 : 8))
      if blocks.isCircular {
        // The lists of a CPU that could not be set up are zero.
        guard let first = try? kernel.memory.pointer(at: head), first != VirtualAddress(0) else {
          continue
        }
        let list = LinkedList(head: head, limit: ListWalk.usualLimit, in: kernel)
        for node in list.nodes { add(node.advanced(by: -block.link), block, in: kernel) }
        if let fault = list.fault { note(fault) }
      } else {
        let walk = ListWalk(
          chain: head, next: block.next, offset: 0, in: kernel.memory, of: kernel.machine)
        for place in walk.entries { add(place, block, in: kernel) }
        if let fault = Fault(walk.end) { note(fault) }
      }
    }
  }

  /// Adds the objects of a block, which is one page.
  private mutating func add(_ place: VirtualAddress, _ block: Block, in kernel: Kernel) {
    do throws(Fault) {
      let record = try Record("a block", at: place, extent: block.count.end, in: kernel.memory)
      let count = record[block.count]
      let most = (kernel.pages.pageSize.bytes - block.records) / 8
      guard count <= most else {
        throw Fault(.impossible, at: place, "a block has \(count) objects and room for \(most)")
      }
      addresses += try kernel.pointers(
        "a block", at: place.advanced(by: block.records), Int(count))
    } catch {
      note(error)
    }
  }

  private mutating func note(_ fault: Fault) {
    remarks.append("not all objects given to kfree_rcu are known: \(fault.summary)")
  }
}

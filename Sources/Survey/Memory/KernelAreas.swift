import ByteKit
import DebugInfo
import KernelImage
import Memory

/// The areas of the address space that `vmalloc` and its kin gave away, and who asked for each.
struct KernelAreas: Sendable {
  /// A run of addresses.
  struct Area: Sendable {
    let range: Range<VirtualAddress>
    /// The address in the code that asked for it: `vm_struct.caller`; 0 where nobody did.
    let caller: VirtualAddress
    /// Whether it shows a device's registers or firmware's tables, not memory of its own.
    let isDevice: Bool
  }

  /// The areas, by address.
  private(set) var areas: [Area] = []

  /// More areas than any kernel has: `vm.max_map_count` is about those of processes.
  private static let mostAreas = 1 << 22
  /// Functions of mm/vmalloc.c.
  private static let anchors = ["vmalloc", "vmalloc_noprof", "vfree"]
  /// `VM_IOREMAP`, a macro of include/linux/vmalloc.h.
  private static let deviceFlag: UInt64 = 1

  private struct Layout {
    let start: Field
    let end: Field
    let object: Field
    let link: Int
    let address: Field
    let flags: Field
    let caller: Field

    init(_ types: any TypeSource) throws(LayoutFailure) {
      guard let area = types.structure("vmap_area", near: KernelAreas.anchors) else {
        throw LayoutFailure(missing: "struct vmap_area")
      }
      guard let object = types.structure("vm_struct", near: KernelAreas.anchors) else {
        throw LayoutFailure(missing: "struct vm_struct")
      }
      start = try area.require("va_start")
      end = try area.require("va_end")
      self.object = try area.require("vm")
      link = try area.requirePlace(of: "list")
      address = try object.require("addr")
      flags = try object.require("flags")
      caller = try object.require("caller")
    }
  }

  /// Walks the lists of areas; what cannot be read is left out.
  init(_ kernel: Kernel) {
    guard let layout = try? Layout(kernel.types) else { return }
    for head in Self.lists(in: kernel) {
      let walk = ListWalk(
        circle: head, offset: layout.link, in: kernel.memory, of: kernel.machine,
        limit: Self.mostAreas - areas.count)
      for entry in walk.entries { add(entry, layout, in: kernel) }
    }
    areas.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  private mutating func add(_ entry: VirtualAddress, _ layout: Layout, in kernel: Kernel) {
    let extent = [layout.start, layout.end, layout.object].extent
    guard let area = try? Record(at: entry, extent: extent, in: kernel.memory) else { return }
    let start = VirtualAddress(area[layout.start])
    let end = VirtualAddress(area[layout.end])
    guard start < end else { return }
    let fields = [layout.address, layout.flags, layout.caller]
    let place = kernel.machine.untagged(VirtualAddress(area[layout.object]))
    // An area without an object, or whose object was reused, is one of vm_map_ram's.
    guard let object = try? Record(at: place, extent: fields.extent, in: kernel.memory),
      kernel.machine.untagged(VirtualAddress(object[layout.address])) == start
    else {
      areas.append(Area(range: start..<end, caller: VirtualAddress(0), isDevice: false))
      return
    }
    areas.append(
      Area(
        range: start..<end, caller: VirtualAddress(object[layout.caller]),
        isDevice: object[layout.flags] & Self.deviceFlag != 0))
  }

  /// The heads of the lists: one, or one of each node since Linux d093602919ad ("mm: vmalloc: remove
  /// global vmap_area_root rb-tree"), v6.9.
  private static func lists(in kernel: Kernel) -> [VirtualAddress] {
    if let only = kernel.address(of: "vmap_area_list") { return [only] }
    guard let variable = kernel.address(of: "vmap_nodes"),
      let nodes = try? kernel.memory.pointer(at: variable),
      let node = kernel.types.structure("vmap_node", near: anchors),
      let head = node.place(of: "busy.head"), node.size > 0
    else { return [] }
    let count = kernel.address(of: "nr_vmap_nodes").flatMap {
      try? kernel.memory.load(UInt32.self, at: $0)
    }
    // No more than one for each CPU: vmap_init_nodes.
    return (0..<min(Int(count ?? 1), 1024)).map {
      kernel.machine.untagged(nodes).advanced(by: $0 * node.size + head)
    }
  }

  /// The index of the area that an address lies in.
  func index(of address: VirtualAddress) -> Int? {
    var low = 0
    var high = areas.count
    while low < high {
      let middle = (low + high) / 2
      if areas[middle].range.upperBound <= address { low = middle + 1 } else { high = middle }
    }
    return low < areas.count && areas[low].range.contains(address) ? low : nil
  }
}

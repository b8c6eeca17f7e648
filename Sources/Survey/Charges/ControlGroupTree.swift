import DebugInfo
import Evidence
import KernelImage
import Memory

/// The control groups of a kernel that memory is charged to, the dying ones as well.
struct ControlGroupTree: Sendable {
  /// The groups; the root first, each behind the one that it lies in.
  private(set) var groups: [ControlGroup] = []
  /// The index of each group, by the address of its `struct mem_cgroup`.
  private(set) var indices: [VirtualAddress: Int] = [:]
  /// The records that objects refer to which are charged to a group that was not removed.
  private(set) var ownRecords: Set<VirtualAddress> = []
  /// The index of each dying group, by the address of its `struct cgroup`.
  private(set) var dyingNodes: [VirtualAddress: Int] = [:]
  /// The index of each dying group, by the address of its `struct cgroup_subsys_state`.
  private(set) var dyingStates: [VirtualAddress: Int] = [:]
  /// How many groups were removed and live on, by the kernel's count.
  private(set) var dyingGroups: Int?
  private let kernel: Kernel
  private let layout: ControlGroupLayout
  /// Whether the groups' hierarchy is the one for all controllers, where swap has its own account.
  private var isUnified = false
  private var paths: [VirtualAddress: String] = [:]

  /// No kernel has as many: `MEM_CGROUP_ID_MAX` is 65535, and those that were removed come on top.
  private static let most = 1 << 20
  /// Deeper trees than this are circles in damaged memory.
  private static let deepest = 256
  /// `__PERCPU_REF_ATOMIC`: the references are counted in one place.
  private static let isCounted: UInt64 = 1
  private static let pageLimit = 1 << 50

  /// Walks the tree; nil in a kernel without such groups.
  init?(_ kernel: Kernel) {
    guard let variable = kernel.address(of: "root_mem_cgroup"),
      let root = try? kernel.memory.pointer(at: variable), root != VirtualAddress(0),
      let layout = try? ControlGroupLayout(kernel.types)
    else { return nil }
    (self.kernel, self.layout) = (kernel, layout)
    let start = kernel.machine.untagged(root)
    if let top = kernel.pointer(layout.group, at: start.advanced(by: layout.state)) {
      dyingGroups = kernel.count(layout.dying, at: top)
      isUnified = kernel.symbols.reference(to: top)?.symbol.name == "cgrp_dfl_root"
    }
    walk(from: start)
  }

  private mutating func walk(from root: VirtualAddress) {
    var next: [(place: VirtualAddress, parent: Int?)] = [(root, nil)]
    while let (place, parent) = next.popLast(), groups.count < Self.most {
      guard indices[place] == nil, let group = read(place, parent: parent) else { continue }
      let index = groups.count
      indices[place] = index
      groups.append(group)
      let node = place.advanced(by: layout.state)
      if group.isDying {
        dyingStates[node] = index
        if let group = kernel.pointer(layout.group, at: node) { dyingNodes[group] = index }
      } else {
        addRecords(of: place)
      }
      let below = LinkedList(
        head: node.advanced(by: layout.children), limit: Self.most, in: kernel)
      for child in below.nodes.reversed() {
        next.append((child.advanced(by: -layout.sibling - layout.state), index))
      }
    }
  }

  private mutating func read(_ place: VirtualAddress, parent: Int?) -> ControlGroup? {
    let node = place.advanced(by: layout.state)
    guard let group = kernel.pointer(layout.group, at: node),
      let flags = kernel.value(layout.flags, at: group)
    else { return nil }
    let isDying = parent != nil && flags & layout.online == 0
    return ControlGroup(
      address: place, path: path(of: group), parent: parent, isDying: isDying,
      charged: pages(layout.charged, at: place),
      swapped: isUnified ? pages(layout.swapped, at: place) : nil,
      references: isDying ? references(of: node) : nil)
  }

  private func pages(_ field: Field?, at place: VirtualAddress) -> Int? {
    // A count that is damaged, or was taken below zero for a moment.
    kernel.count(field, at: place).flatMap { $0 < Self.pageLimit ? $0 : nil }
  }

  private func references(of node: VirtualAddress) -> Int? {
    guard let word = kernel.value(layout.counting, at: node), word & Self.isCounted != 0 else {
      return nil
    }
    let count: Int?
    switch layout.references {
    case .apart(let pointer, let field):
      count = kernel.pointer(pointer, at: node).flatMap { kernel.count(field, at: $0) }
    case .inNode(let field): count = kernel.count(field, at: node)
    case nil: count = nil
    }
    return count.flatMap { $0 < Self.pageLimit ? $0 : nil }
  }

  private mutating func addRecords(of place: VirtualAddress) {
    switch layout.ownRecord {
    case .inGroup(let field):
      if let record = kernel.pointer(field, at: place) { ownRecords.insert(record) }
    case .inNodes(let array, let field):
      for number in 0..<NUMANodes.count(in: kernel) {
        guard
          let node = try? kernel.memory.pointer(at: place.advanced(by: array + number * 8)),
          node != VirtualAddress(0),
          let record = kernel.pointer(field, at: kernel.machine.untagged(node))
        else { continue }
        ownRecords.insert(record)
      }
    case nil: break
    }
  }

  // MARK: Paths

  private mutating func path(of group: VirtualAddress) -> String? {
    guard let directory = kernel.pointer(layout.directory, at: group) else { return nil }
    var names: [(node: VirtualAddress, name: String)] = []
    var node = directory
    var start = ""
    while let parent = kernel.pointer(layout.parent, at: node) {
      if let known = paths[node] {
        start = known
        break
      }
      guard names.count < Self.deepest, let text = kernel.pointer(layout.name, at: node),
        let name = try? kernel.memory.string(at: text), !name.isEmpty
      else { return nil }
      names.append((node, name))
      node = parent
    }
    for (node, name) in names.reversed() {
      start += "/" + name
      paths[node] = start
    }
    return start.isEmpty ? "/" : start
  }

  /// Tells which pages are charged to the dying groups themselves, and who refers to them.
  mutating func add(_ pages: [Int: [ControlGroup.Pages]]?, _ holders: GroupHolders) {
    for index in groups.indices where groups[index].isDying {
      groups[index].pages = pages.map { $0[index] ?? [] }
      groups[index].sockets = holders.sockets.map { $0[index] ?? 0 }
      groups[index].processes = holders.processes.map { $0[index] ?? 0 }
    }
  }
}

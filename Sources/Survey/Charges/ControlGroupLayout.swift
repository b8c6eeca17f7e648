import DebugInfo
import KernelImage

/// Where the kernel keeps what is needed of control groups.
struct ControlGroupLayout: Sendable {
  /// The node that `struct mem_cgroup` is of the tree of its hierarchy, in bytes.
  let state: Int
  /// In that node: the list of the nodes below, and where a node is on its parent's list.
  let children, sibling: Int
  /// In that node: the `struct cgroup`.
  let group: Field
  /// In that node: what tells that references are counted in one place, and the count.
  let counting: Field
  let references: References?
  /// In `struct mem_cgroup`: the pages that are charged to it, and those that were swapped out.
  let charged, swapped: Field?
  /// Where a memory group has the `struct obj_cgroup` that stands for it.
  let ownRecord: OwnRecord?
  /// In `struct cgroup`: flags, the directory, and how many groups below it are dying.
  let flags, directory: Field
  let dying: Field?
  /// In the directory: its name, and the directory it lies in.
  let name, parent: Field
  /// The flag of a group that was not removed.
  let online: UInt64

  /// Where the count of references is.
  enum References: Sendable {
    /// Linux 2b0d3d3e4fcf ("percpu_ref: reduce memory footprint of percpu_ref in fast path"), v5.10.
    case apart(pointer: Field, count: Field)
    case inNode(count: Field)
  }

  /// Where the record is that objects charged to a group refer to.
  enum OwnRecord: Sendable {
    /// One for a group, since Linux bf4f059954dc ("mm: memcg/slab: obj_cgroup API"), v5.9.
    case inGroup(Field)
    /// One for each node of memory, in what an array in the group leads to: since v7.1.
    case inNodes(array: Int, record: Field)
  }

  /// Functions of mm/memcontrol.c.
  static let anchors = [
    "mem_cgroup_iter", "mem_cgroup_from_task", "mem_cgroup_css_alloc", "mem_cgroup_css_online",
  ]

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ types: any TypeSource) throws(LayoutFailure) {
    guard let memory = types.structure("mem_cgroup", near: Self.anchors) else {
      throw LayoutFailure(missing: "struct mem_cgroup")
    }
    state = try memory.requirePlace(of: "css")
    let node = try memory.requireTarget(of: "css")
    children = try node.requirePlace(of: "children")
    sibling = try node.requirePlace(of: "sibling")
    group = try node.require("cgroup")
    counting = try node.require("refcnt.percpu_count_ptr")
    if let pointer = node.field("refcnt.data"),
      let count = node.target(of: "refcnt.data")?.field("count")
    {
      references = .apart(pointer: pointer, count: count)
    } else {
      references = node.field("refcnt.count").map { .inNode(count: $0) }
    }
    charged = memory.field("memory.usage") ?? memory.field("memory.count")
    swapped = memory.field("swap.usage") ?? memory.field("swap.count")
    if let record = memory.field("objcg") {
      ownRecord = .inGroup(record)
    } else if let array = memory.place(of: "nodeinfo"),
      let record = memory.target(of: "nodeinfo")?.field("objcg")
    {
      ownRecord = .inNodes(array: array, record: record)
    } else {
      ownRecord = nil
    }
    let group = try node.requireTarget(of: "cgroup")
    flags = try group.require("self.flags")
    directory = try group.require("kn")
    dying = group.field("nr_dying_descendants")
    let directory = try group.requireTarget(of: "kn")
    name = try directory.require("name")
    // Linux 633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent."), v6.15.
    parent = try directory.require("__parent", "parent")
    // An unnamed enumeration has had it since it was one, in v3.12.
    let online = types.enumerator("CSS_ONLINE", near: Self.anchors) ?? 2
    self.online = UInt64(exactly: online) ?? 2
  }
}

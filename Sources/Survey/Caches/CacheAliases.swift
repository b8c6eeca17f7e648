import DebugInfo
import Evidence
import KernelImage
import Memory

/// The names of caches that were merged into others: SLUB's links in `/sys/kernel/slab`.
struct CacheAliases {
  /// Names by the address of the cache that they lead to.
  private(set) var names: [VirtualAddress: [String]] = [:]

  /// Where the nodes of a sysfs directory keep what is needed.
  private struct Layout {
    let left: Field
    let right: Field
    /// Where a node has its place in its directory's tree, in bytes.
    let treeNode: Int
    let name: Field
    let flags: Field
    let target: Field
    let object: Field
    /// Where the root of a directory's tree is, in bytes.
    let children: Int

    init(_ node: Structure) throws(LayoutFailure) {
      left = try node.require("rb.rb_left")
      right = try node.require("rb.rb_right")
      treeNode = try node.requirePlace(of: "rb")
      name = try node.require("name")
      flags = try node.require("flags")
      target = try node.require("symlink.target_kn")
      object = try node.require("priv")
      children = try node.requirePlace(of: "dir.children.rb_node")
    }

    var extent: Int { [left, right, name, flags, target, object].extent }
  }

  /// `KERNFS_LINK` of `enum kernfs_node_type`.
  private static let linkFlag: UInt64 = 4
  /// No machine has more caches than this.
  private static let mostNodes = 1 << 20

  /// Reads the links; a kernel without CONFIG_SYSFS or with SLAB has none.
  init(_ kernel: Kernel, cache: Structure, anchors: [String]) {
    guard let variable = kernel.address(of: "slab_kset"), let kobject = cache.place(of: "kobj"),
      let set = kernel.types.structure("kset", near: anchors), let directory = set.field("kobj.sd"),
      let node = set.target(of: "kobj.sd"), let layout = try? Layout(node)
    else { return }
    do throws(Absence) {
      let place = try kernel.memory.pointer(at: variable)
      let directory = try kernel.memory.pointer(
        at: kernel.machine.untagged(place).advanced(by: directory.offset))
      let root = try kernel.memory.pointer(
        at: kernel.machine.untagged(directory).advanced(by: layout.children))
      walk(from: root, layout, kobject: kobject, in: kernel)
    } catch {
      // A name more or less is not worth a remark.
    }
  }

  private mutating func walk(
    from root: VirtualAddress, _ layout: Layout, kobject: Int, in kernel: Kernel
  ) {
    var seen: Set<VirtualAddress> = []
    var next = [kernel.machine.untagged(root)]
    while let place = next.popLast(), seen.count < Self.mostNodes {
      guard place != VirtualAddress(0), seen.insert(place).inserted,
        let node = try? Record(
          at: place.advanced(by: -layout.treeNode), extent: layout.extent, in: kernel.memory)
      else { continue }
      next.append(kernel.machine.untagged(VirtualAddress(node[layout.left])))
      next.append(kernel.machine.untagged(VirtualAddress(node[layout.right])))
      guard node[layout.flags] & Self.linkFlag != 0 else { continue }
      let target = kernel.machine.untagged(VirtualAddress(node[layout.target]))
      let name = kernel.machine.untagged(VirtualAddress(node[layout.name]))
      guard
        let object = try? kernel.memory.pointer(at: target.advanced(by: layout.object.offset)),
        let alias = try? kernel.memory.name(at: name, limit: 128)
      else { continue }
      names[kernel.machine.untagged(object).advanced(by: -kobject), default: []].append(alias)
    }
  }
}

import DebugInfo

/// Where `struct dentry` keeps its count and links, and where holders keep pointers to it.
struct DentryLayout: Sendable {
  /// Where structures that hold a dentry have a pointer to it.
  struct Holder: Sendable {
    /// The name of their cache.
    let cache: String
    let pointers: [Field]
  }

  /// `struct mount`: what is mounted where; its root and mount point hold a dentry each.
  struct Mount: Sendable {
    let root: Field
    let point: Field
    let parent: Field
  }

  let count: Field
  let flags: Field
  let parent: Field
  let inode: Field
  let superblock: Field
  let name: Field
  /// What the file system keeps with it.
  let data: Field
  /// The way back from the node in the hash table: NULL for what is in none.
  let hash: Field
  /// What lists, trees and tables lead to in a dentry: nobody who holds one has such a pointer.
  let links: [Range<Int>]
  /// `struct super_block` and `struct file_system_type`.
  let root: Field
  let type: Field
  let typeName: Field
  let typeFlags: Field
  let files: Holder?
  let directories: Holder?
  let mount: Mount?
  /// Set in dentries that their file system keeps until they are removed.
  let persistent: UInt64?

  /// Functions of fs/dcache.c.
  private static let anchors = ["d_alloc", "d_instantiate", "d_delete", "dput"]
  /// Functions of fs/namespace.c.
  private static let mountAnchors = ["mntput_no_expire", "mntget", "lookup_mnt"]

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ types: any TypeSource) throws(LayoutFailure) {
    guard let dentry = types.structure("dentry", near: Self.anchors) else {
      throw LayoutFailure(missing: "struct dentry")
    }
    count = try dentry.require("d_lockref.count")
    flags = try dentry.require("d_flags")
    parent = try dentry.require("d_parent")
    inode = try dentry.require("d_inode")
    superblock = try dentry.require("d_sb")
    data = try dentry.require("d_fsdata")
    name = try dentry.require("d_name.name")
    hash = try dentry.require("d_hash.pprev")
    // Lists of children are hlists since da549bdd15c2 ("dentry: switch the lists of children to
    // hlist"), v6.8.
    links = [
      "d_hash", "d_lru", "d_child", "d_subdirs", "d_sib", "d_children", "d_alias", "d_rcu", "d_u",
    ].compactMap { name in
      guard let member = dentry.member(name), let size = dentry.table.size(of: member.type),
        let start = dentry.place(of: name), (1...64).contains(size)
      else { return nil }
      return start..<(start + size)
    }
    let superblock = try dentry.requireTarget(of: "d_sb")
    root = try superblock.require("s_root")
    type = try superblock.require("s_type")
    let fileSystem = try superblock.requireTarget(of: "s_type")
    typeName = try fileSystem.require("name")
    typeFlags = try fileSystem.require("fs_flags")
    files = Self.holder(
      types.structure("file", near: TaskLayout.anchors), cache: "filp", ["f_path.dentry"])
    directories = Self.holder(
      types.structure("fs_struct", near: ["copy_fs_struct", "set_fs_pwd", "free_fs_struct"]),
      cache: "fs_cache", ["root.dentry", "pwd.dentry"])
    mount = Self.mount(types)
    // Dentries that are pinned are marked since v6.19.
    persistent = types.enumerator("DCACHE_PERSISTENT", near: Self.anchors)
      .flatMap { UInt64(exactly: $0) }
  }

  private static func holder(
    _ structure: Structure?, cache: String, _ paths: [String]
  ) -> Holder? {
    let pointers = paths.compactMap { structure?.field($0) }
    return pointers.isEmpty ? nil : Holder(cache: cache, pointers: pointers)
  }

  private static func mount(_ types: any TypeSource) -> Mount? {
    guard let mount = types.structure("mount", near: mountAnchors),
      let root = mount.field("mnt.mnt_root"), let point = mount.field("mnt_mountpoint"),
      let parent = mount.field("mnt_parent")
    else { return nil }
    return Mount(root: root, point: point, parent: parent)
  }
}

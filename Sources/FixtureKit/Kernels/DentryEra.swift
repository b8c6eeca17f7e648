import DebugInfo

/// What distinguishes the directory entries of different kernels, as data.
public struct DentryEra: Hashable, Sendable, CustomStringConvertible {
  /// The kernel version that stands for the era.
  public let description: String
  /// Whether children are linked by `d_sib`, since v6.8, or by `d_child`.
  public let hasSiblings: Bool
  /// Whether dentries that are pinned are marked, since v6.19.
  public let hasMarks: Bool

  /// Whether files count in a `file_ref_t`, since v6.13, and mounts what was taken and dropped.
  public let hasNewCounts: Bool

  /// Linux 6.1.
  public static let v6_1 = DentryEra(
    description: "6.1", hasSiblings: false, hasMarks: false, hasNewCounts: false)
  /// Linux 7.2.
  public static let v7_2 = DentryEra(
    description: "7.2", hasSiblings: true, hasMarks: true, hasNewCounts: true)

  /// All of them.
  public static let all: [DentryEra] = [.v6_1, .v7_2]

  /// `DCACHE_PERSISTENT`.
  static let mark: UInt64 = 1 << 27

  /// The debug information of a kernel of this era.
  var types: FixtureTypes {
    FixtureTypes.unit("fs/dcache.c") { unit in
      declareLinks(&unit)
      declareDentry(&unit)
      declareHolders(&unit)
      declareTasks(&unit)
    }
  }

  private func declareLinks(_ unit: inout FixtureUnit) {
    for (name, members) in [
      ("hlist_bl_node", ["next", "pprev"]), ("hlist_node", ["next", "pprev"]),
      ("list_head", ["next", "prev"]), ("hlist_head", ["first"]),
    ] {
      unit.structure(name) { for member in members { $0.member(member, .voidPointer) } }
    }
    unit.structure("page", size: 64) { $0.member("flags", .unsignedLong) }
    unit.structure("qstr") {
      $0.member("hash_len", .unsignedLong)
      $0.member("name", .pointer(.unsignedChar))
    }
    unit.structure("lockref") {
      $0.union { union in
        union.member("lock_count", .unsignedLong)
        union.structure { parts in
          parts.member("lock", .unsignedInt)
          parts.member("count", .int)
        }
      }
    }
    unit.structure("file_system_type") {
      $0.member("name", .pointer(.char))
      $0.member("fs_flags", .int)
    }
    unit.structure("super_block") {
      $0.member("s_type", .pointer(.structure("file_system_type")))
      $0.member("s_root", .pointer(.structure("dentry")))
    }
    if hasMarks { unit.enumeration("dentry_flags", ["DCACHE_PERSISTENT": Int64(Self.mark)]) }
  }

  private func declareDentry(_ unit: inout FixtureUnit) {
    unit.structure("address_space", size: 64) { $0.member("host", .voidPointer) }
    unit.structure("inode", size: 200) {
      $0.member("i_dentry", .structure("hlist_head"))
      $0.member("i_hash", .structure("hlist_node"))
      $0.member("i_sb", .pointer(.structure("super_block")))
      $0.member("i_count", .int)
      $0.member("i_data", .structure("address_space"))
    }
    unit.structure("dentry", size: 192) {
      $0.member("d_flags", .unsignedInt)
      $0.member("d_hash", .structure("hlist_bl_node"))
      $0.member("d_parent", .pointer(.structure("dentry")))
      $0.member("d_name", .structure("qstr"))
      $0.member("d_inode", .pointer(.structure("inode")))
      $0.member("d_lockref", .structure("lockref"))
      $0.member("d_sb", .pointer(.structure("super_block")))
      $0.member("d_fsdata", .voidPointer)
      $0.member("d_lru", .structure("list_head"))
      if hasSiblings {
        $0.member("d_sib", .structure("hlist_node"))
        $0.member("d_children", .structure("hlist_head"))
      } else {
        $0.member("d_child", .structure("list_head"))
        $0.member("d_subdirs", .structure("list_head"))
      }
      $0.union("d_u") { $0.member("d_alias", .structure("hlist_node")) }
    }
  }

  private func declareHolders(_ unit: inout FixtureUnit) {
    unit.structure("path") {
      $0.member("mnt", .voidPointer)
      $0.member("dentry", .pointer(.structure("dentry")))
    }
    unit.structure("file_ref_t") { $0.member("refcnt", .long) }
    unit.structure("file", size: 128) {
      // The first member is a link of a list, as it is in 5.10.
      $0.member("f_llist", .structure("hlist_head"))
      $0.member("f_path", .structure("path"))
      $0.member("f_inode", .voidPointer)
      $0.member("f_mapping", .voidPointer)
      $0.member("f_op", .voidPointer)
      $0.member("private_data", .voidPointer)
      if hasNewCounts {
        $0.member("f_ref", .structure("file_ref_t"))
      } else {
        $0.member("f_count", .long)
      }
    }
    unit.structure("fs_struct") {
      $0.member("users", .int)
      $0.member("root", .structure("path"))
      $0.member("pwd", .structure("path"))
    }
    unit.structure("vfsmount") { $0.member("mnt_root", .pointer(.structure("dentry"))) }
    unit.structure("mount") {
      $0.member("mnt_hash", .structure("hlist_node"))
      $0.member("mnt_parent", .pointer(.structure("mount")))
      $0.member("mnt_mountpoint", .pointer(.structure("dentry")))
      $0.member("mnt", .structure("vfsmount"))
      $0.member("mnt_pcp", .pointer(.structure("mnt_pcp")))
      $0.member("mnt_child", .structure("list_head"))
      $0.member("mnt_ns", .voidPointer)
    }
  }

  private func declareTasks(_ unit: inout FixtureUnit) {
    unit.structure("mnt_pcp") {
      if hasNewCounts {
        $0.member("mnt_gets", .unsignedInt)
        $0.member("mnt_puts", .unsignedInt)
      } else {
        $0.member("mnt_count", .int)
      }
      $0.member("mnt_writers", .int)
    }
    unit.structure("task_struct", size: 96) {
      $0.member("usage", .int)
      $0.member("exit_state", .int)
      $0.member("signal", .voidPointer)
      $0.member("comm", .array(.char, 16))
    }
    unit.structure("signal_struct", size: 64) {
      $0.member("sigcnt", .int)
      $0.member("curr_target", .voidPointer)
    }
  }
}

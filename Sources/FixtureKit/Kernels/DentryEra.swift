import DebugInfo

/// What distinguishes the directory entries of different kernels, as data.
public struct DentryEra: Hashable, Sendable, CustomStringConvertible {
  /// The kernel version that stands for the era.
  public let description: String
  /// Whether children are linked by `d_sib`, since v6.8, or by `d_child`.
  public let hasSiblings: Bool
  /// Whether dentries that are pinned are marked, since v6.19.
  public let hasMarks: Bool

  /// Linux 6.1.
  public static let v6_1 = DentryEra(description: "6.1", hasSiblings: false, hasMarks: false)
  /// Linux 7.2.
  public static let v7_2 = DentryEra(description: "7.2", hasSiblings: true, hasMarks: true)

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
    unit.structure("dentry", size: 192) {
      $0.member("d_flags", .unsignedInt)
      $0.member("d_hash", .structure("hlist_bl_node"))
      $0.member("d_parent", .pointer(.structure("dentry")))
      $0.member("d_name", .structure("qstr"))
      $0.member("d_inode", .voidPointer)
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
    unit.structure("file") { $0.member("f_path", .structure("path")) }
    unit.structure("fs_struct") {
      $0.member("users", .int)
      $0.member("root", .structure("path"))
      $0.member("pwd", .structure("path"))
    }
    unit.structure("vfsmount") { $0.member("mnt_root", .pointer(.structure("dentry"))) }
    unit.structure("mount") {
      $0.member("mnt_parent", .pointer(.structure("mount")))
      $0.member("mnt_mountpoint", .pointer(.structure("dentry")))
      $0.member("mnt", .structure("vfsmount"))
    }
  }
}

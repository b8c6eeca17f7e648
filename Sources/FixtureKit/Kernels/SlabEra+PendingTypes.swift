import DebugInfo

extension SlabEra {
  /// Declares what keeps objects from being freed at once, KFENCE and the names in sysfs.
  func declarePending(_ unit: inout FixtureUnit) {
    unit.structure("callback_head") {
      $0.member("next", .pointer(.structure("callback_head")))
      $0.member("func", .functionPointer(returns: .void, [.pointer(.structure("callback_head"))]))
    }
    declareKFreeRCU(&unit)
    if delaysFrees {
      unit.structure("rcu_delayed_free") {
        $0.member("head", .structure("callback_head"))
        $0.member("object", .voidPointer)
      }
    }
    unit.structure("rcu_segcblist") {
      $0.member("head", .pointer(.structure("callback_head")))
      $0.member("len", .long)
    }
    unit.structure("rcu_cblist") { $0.member("head", .pointer(.structure("callback_head"))) }
    unit.structure("rcu_data") {
      $0.member("gp_seq", .unsignedLong)
      $0.member("cblist", .structure("rcu_segcblist"))
      $0.member("nocb_bypass", .structure("rcu_cblist"))
    }
    unit.structure("llist_head") { $0.member("first", .voidPointer) }
    if sheaves != .none {
      unit.structure("defer_free") {
        $0.member("objects", .structure("llist_head"))
        $0.member("work", .unsignedLong)
      }
    }
    unit.structure("qlist_head") {
      $0.member("head", .voidPointer)
      $0.member("tail", .voidPointer)
      $0.member("bytes", .unsignedLong)
      $0.member("offline", .bool)
    }
    declareKFENCE(&unit)
    declareStackRing(&unit)
    declareSysfs(&unit)
  }

  private func declareKFreeRCU(_ unit: inout FixtureUnit) {
    let block = CType.structure("kvfree_rcu_bulk_data")
    unit.structure("kvfree_rcu_bulk_data") {
      if isRecent {
        $0.member("list", .structure("list_head"))
        $0.member("nr_records", .unsignedLong)
      } else {
        $0.member("nr_records", .unsignedLong)
        $0.member("next", .pointer(block))
      }
      $0.member("records", .array(.voidPointer, nil))
    }
    let heads = CType.array(isRecent ? .structure("list_head") : .pointer(block), 2)
    unit.structure("kfree_rcu_cpu_work") {
      $0.member("rcu_work", .array(.unsignedLong, 7))
      $0.member("head_free", .pointer(.structure("callback_head")))
      $0.member(isRecent ? "bulk_head_free" : "bkvhead_free", heads)
    }
    unit.structure("kfree_rcu_cpu") {
      $0.member("head", .pointer(.structure("callback_head")))
      $0.member(isRecent ? "bulk_head" : "bkvhead", heads)
      $0.member("krw_arr", .array(.structure("kfree_rcu_cpu_work"), 2))
    }
  }

  private func declareStackRing(_ unit: inout FixtureUnit) {
    unit.structure("kasan_stack_ring_entry") {
      $0.member("ptr", .voidPointer)
      $0.member("size", .unsignedLong)
      $0.member("is_free", .bool)
    }
    unit.structure("kasan_stack_ring") {
      $0.member("size", .unsignedLong)
      $0.member("pos", .unsignedLong)
      $0.member("entries", .pointer(.structure("kasan_stack_ring_entry")))
    }
  }

  private func declareKFENCE(_ unit: inout FixtureUnit) {
    unit.enumeration(
      "kfence_object_state",
      [
        "KFENCE_OBJECT_UNUSED": 0, "KFENCE_OBJECT_ALLOCATED": 1, "KFENCE_OBJECT_RCU_FREEING": 2,
        "KFENCE_OBJECT_FREED": 3,
      ])
    unit.structure("kfence_metadata", size: 96) {
      $0.member("list", .structure("list_head"))
      $0.member("callback_head", .structure("callback_head"))
      $0.member("lock", .unsignedInt)
      $0.member("state", .enumeration("kfence_object_state"))
      $0.member("addr", .unsignedLong)
      $0.member("size", .unsignedLong)
      $0.member("cache", .pointer(.structure("kmem_cache")))
    }
  }

  private func declareSysfs(_ unit: inout FixtureUnit) {
    unit.structure("rb_node") {
      $0.member("__rb_parent_color", .unsignedLong)
      $0.member("rb_right", .pointer(.structure("rb_node")))
      $0.member("rb_left", .pointer(.structure("rb_node")))
    }
    unit.structure("rb_root") { $0.member("rb_node", .pointer(.structure("rb_node"))) }
    unit.structure("kernfs_elem_dir") {
      $0.member("subdirs", .unsignedLong)
      $0.member("children", .structure("rb_root"))
    }
    unit.structure("kernfs_elem_symlink") {
      $0.member("target_kn", .pointer(.structure("kernfs_node")))
    }
    unit.structure("kernfs_node") {
      $0.member("count", .int)
      // Linux 633488947ef6, v6.15; here it is of the same age as sheaves.
      $0.member(sheaves == .none ? "parent" : "__parent", .pointer(.structure("kernfs_node")))
      $0.member("name", .pointer(.char))
      $0.member("rb", .structure("rb_node"))
      $0.member("flags", .unsignedShort)
      $0.union {
        $0.member("dir", .structure("kernfs_elem_dir"))
        $0.member("symlink", .structure("kernfs_elem_symlink"))
      }
      $0.member("priv", .voidPointer)
    }
    unit.structure("kobject") {
      $0.member("name", .pointer(.char))
      $0.member("sd", .pointer(.structure("kernfs_node")))
    }
    unit.structure("kset") {
      $0.member("list", .structure("list_head"))
      $0.member("kobj", .structure("kobject"))
    }
  }
}

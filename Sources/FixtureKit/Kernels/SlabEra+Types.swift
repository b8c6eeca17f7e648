import DebugInfo
import Memory

extension SlabEra {
  /// The debug information of a kernel of this era, reduced to its slab allocator.
  ///
  /// `isHardened` adds what CONFIG_SLAB_FREELIST_HARDENED adds; `text` is where functions go, `clock`
  /// where the clock that counts timer ticks is.
  func types(isHardened: Bool, text: VirtualAddress, clock: VirtualAddress) -> FixtureTypes {
    FixtureTypes.unit(isSLUB ? "mm/slub.c" : "mm/slab.c") { unit in
      unit.structure("list_head") {
        $0.member("next", .pointer(.structure("list_head")))
        $0.member("prev", .pointer(.structure("list_head")))
      }
      declareMarks(&unit)
      declarePage(&unit)
      if isSLUB {
        declareSLUB(&unit, isHardened: isHardened)
      } else {
        declareSLAB(&unit)
      }
      declarePending(&unit)
      if isSLUB { declareRecords(&unit, clock: clock) }
      declareMemory(&unit)
      declareGroups(&unit)
      unit.function("kmem_cache_alloc", at: text, returns: .voidPointer)
    }
  }

  private func declareMarks(_ unit: inout FixtureUnit) {
    switch mark {
    case .flag:
      unit.enumeration(
        "pageflags",
        [
          "PG_locked": 0, "PG_lru": 4, "PG_slab": 9, "PG_reserved": 12, "PG_head": 16,
          "PG_swapbacked": 19, "PG_hwpoison": 23,
        ])
    case .typeBit:
      declareFlags(&unit)
      unit.enumeration(
        "pagetype",
        [
          "PG_buddy": 0x4000_0000, "PG_offline": 0x2000_0000, "PG_table": 0x1000_0000,
          "PG_guard": 0x0800_0000, "PG_hugetlb": 0x0400_0000, "PG_slab": 0x0200_0000,
          "PAGE_TYPE_BASE": 0x8000_0000,
        ])
    case .typeByte:
      declareFlags(&unit)
      unit.enumeration(
        "pagetype",
        ["PGTY_buddy": 0xf0, "PGTY_offline": 0xf1, "PGTY_table": 0xf2, "PGTY_slab": 0xf5])
      // Linux 6.15; here it is of the same age as sheaves.
      if sheaves != .none { unit.enumeration("pagetype_later", ["PGTY_large_kmalloc": 0xf8]) }
    }
  }

  private func declareFlags(_ unit: inout FixtureUnit) {
    unit.enumeration(
      "pageflags",
      [
        "PG_locked": 0, "PG_lru": 4, "PG_head": 6, "PG_reserved": 12, "PG_swapbacked": 19,
        "PG_hwpoison": 23,
      ])
  }

  private func declarePage(_ unit: inout FixtureUnit) {
    // Linux 53fbef56e07d ("mm: introduce memdesc_flags_t"), v6.18.
    let flags: CType = sheaves == .none ? .unsignedLong : .structure("memdesc_flags_t")
    unit.structure("memdesc_flags_t") { $0.member("f", .unsignedLong) }
    unit.structure("page", size: 64) { page in
      page.member("flags", flags)
      page.union { union in
        union.structure {
          $0.member("lru", .structure("list_head"))
          $0.member("mapping", .voidPointer)
          $0.member("index", .unsignedLong)
          $0.member("private", .unsignedLong)
        }
        if hasStructSlab {
          union.structure {
            $0.member("pp_magic", .unsignedLong)
            $0.member("pp", .voidPointer)
          }
        }
        if !hasStructSlab {
          union.structure { slab in
            links(&slab)
            slab.member("slab_cache", .pointer(.structure("kmem_cache")))
            slab.member("freelist", .voidPointer)
            slab.union { counters(&$0) }
          }
        }
        union.structure { $0.member("compound_head", .unsignedLong) }
      }
      page.union(at: 48) {
        $0.member("_mapcount", .int)
        $0.member("page_type", .unsignedInt)
        if !hasStructSlab { $0.member("active", .unsignedInt) }
      }
      page.member("_refcount", .int)
      if hasStructSlab {
        page.member("memcg_data", .unsignedLong)
      } else {
        page.union {
          $0.member("mem_cgroup", .voidPointer)
          if !hasChildCaches { $0.member("obj_cgroups", .pointer(.voidPointer)) }
        }
      }
    }
    guard hasStructSlab else { return }
    // Linux 7.0 gave the counters a structure with a tag, embedded without a name.
    unit.structure("freelist_counters") {
      $0.member("freelist", .voidPointer)
      $0.union { counters(&$0) }
    }
    unit.structure("slab", size: 64) { slab in
      slab.member("__page_flags", .unsignedLong)
      slab.member("slab_cache", .pointer(.structure("kmem_cache")))
      links(&slab)
      if isSLUB {
        slab.embedded(.structure("freelist_counters"), at: 32)
      } else {
        slab.member("freelist", .voidPointer)
        slab.member("s_mem", .voidPointer)
        slab.member("active", .unsignedInt)
      }
      slab.member(hasCodeTags ? "obj_exts" : "memcg_data", .unsignedLong, at: 56)
    }
  }

  /// How slabs are linked: on a node's list, or on that of a CPU.
  private func links(_ slab: inout MemberList) {
    slab.union { union in
      union.member("slab_list", .structure("list_head"))
      guard hasCPUSlabs else { return }
      union.structure {
        $0.member("next", .pointer(.structure(hasStructSlab ? "slab" : "page")))
        $0.member("slabs", .int)
      }
    }
  }

  private func counters(_ union: inout MemberList) {
    union.member("s_mem", .voidPointer)
    union.member("counters", .unsignedLong)
    union.structure {
      $0.bits("inuse", .unsignedInt, 0..<16)
      $0.bits("objects", .unsignedInt, 16..<31)
      $0.bits("frozen", .unsignedInt, 31..<32)
      if hasStrides { $0.member("stride", .unsignedInt, at: 4) }
    }
  }

  private func declareSLUB(_ unit: inout FixtureUnit, isHardened: Bool) {
    unit.structure("kmem_cache_order_objects") { $0.member("x", .unsignedInt) }
    if hasCPUSlabs {
      unit.structure("kmem_cache_cpu") {
        $0.member("freelist", .pointer(.voidPointer))
        $0.member("tid", .unsignedLong)
        $0.member(
          hasStructSlab ? "slab" : "page", .pointer(.structure(hasStructSlab ? "slab" : "page")))
        $0.member("partial", .pointer(.structure(hasStructSlab ? "slab" : "page")))
      }
    }
    declareSheaves(&unit)
    unit.structure("kmem_cache_node") {
      $0.member("list_lock", .unsignedInt)
      $0.member("nr_partial", .unsignedLong)
      $0.member("partial", .structure("list_head"))
      $0.member("nr_slabs", .unsignedLong)
      $0.member("total_objects", .unsignedLong)
      if sheaves == .inNode { $0.member("barn", .pointer(.structure("node_barn"))) }
    }
    unit.structure("memcg_cache_params") {
      $0.member("root_cache", .pointer(.structure("kmem_cache")))
      $0.member("children", .structure("list_head"))
      $0.member("memcg", .pointer(.structure("mem_cgroup")))
    }
    unit.structure("kmem_cache") { cache in
      if hasCPUSlabs { cache.member("cpu_slab", .pointer(.structure("kmem_cache_cpu"))) }
      if sheaves != .none {
        cache.member("cpu_sheaves", .pointer(.structure("slub_percpu_sheaves")))
      }
      cache.member("flags", .unsignedInt)
      cache.member("size", .unsignedInt)
      cache.member("object_size", .unsignedInt)
      cache.member("inuse", .unsignedInt)
      cache.member("offset", .unsignedInt)
      if sheaves != .none { cache.member("sheaf_capacity", .unsignedInt) }
      cache.member("oo", .structure("kmem_cache_order_objects"))
      cache.member("min", .structure("kmem_cache_order_objects"))
      cache.member("refcount", .int)
      cache.member("red_left_pad", .unsignedInt)
      cache.member("name", .pointer(.char))
      cache.member("list", .structure("list_head"))
      if isHardened { cache.member("random", .unsignedLong) }
      cache.member("kobj", .structure("kobject"))
      if hasChildCaches { cache.member("memcg_params", .structure("memcg_cache_params")) }
      if sheaves == .besideNode {
        cache.member("per_node", .array(.structure("kmem_cache_per_node_ptrs"), 4))
      } else {
        cache.member("node", .array(.pointer(.structure("kmem_cache_node")), 4))
      }
    }
  }

  private func declareSheaves(_ unit: inout FixtureUnit) {
    guard sheaves != .none else { return }
    unit.structure("slab_sheaf") {
      $0.union {
        $0.member("barn_list", .structure("list_head"))
        $0.structure { $0.member("capacity", .unsignedInt) }
      }
      $0.member("cache", .pointer(.structure("kmem_cache")))
      $0.member("size", .unsignedInt)
      $0.member("node", .int)
      $0.member("objects", .array(.voidPointer, nil))
    }
    unit.structure("slub_percpu_sheaves") {
      $0.member("lock", .unsignedInt)
      $0.member("main", .pointer(.structure("slab_sheaf")))
      $0.member("spare", .pointer(.structure("slab_sheaf")))
      $0.member("rcu_free", .pointer(.structure("slab_sheaf")))
    }
    unit.structure("node_barn") {
      $0.member("lock", .unsignedInt)
      $0.member("sheaves_full", .structure("list_head"))
      $0.member("sheaves_empty", .structure("list_head"))
      $0.member("nr_full", .unsignedInt)
    }
    unit.structure("kmem_cache_per_node_ptrs") {
      $0.member("barn", .pointer(.structure("node_barn")))
      $0.member("node", .pointer(.structure("kmem_cache_node")))
    }
  }

  private func declareSLAB(_ unit: inout FixtureUnit) {
    unit.alias("freelist_idx_t", of: .unsignedChar)
    unit.structure("array_cache") {
      $0.member("avail", .unsignedInt)
      $0.member("limit", .unsignedInt)
      $0.member("batchcount", .unsignedInt)
      $0.member("touched", .unsignedInt)
      $0.member("entry", .array(.voidPointer, nil))
    }
    unit.structure("alien_cache") {
      $0.member("lock", .unsignedInt)
      $0.member("ac", .structure("array_cache"), at: 8)
    }
    unit.structure("kmem_cache_node") {
      $0.member("list_lock", .unsignedInt)
      $0.member("total_slabs", .unsignedLong)
      $0.member("free_objects", .unsignedLong)
      $0.member("shared", .pointer(.structure("array_cache")))
      $0.member("alien", .pointer(.pointer(.structure("alien_cache"))))
    }
    unit.structure("kmem_cache") {
      $0.member("cpu_cache", .pointer(.structure("array_cache")))
      $0.member("batchcount", .unsignedInt)
      $0.member("limit", .unsignedInt)
      $0.member("shared", .unsignedInt)
      $0.member("size", .unsignedInt)
      $0.member("flags", .unsignedInt)
      $0.member("num", .unsignedInt)
      $0.member("gfporder", .unsignedInt)
      $0.member("name", .pointer(.char))
      $0.member("list", .structure("list_head"))
      $0.member("refcount", .int)
      $0.member("object_size", .int)
      $0.member("obj_offset", .int)
      $0.member("node", .array(.pointer(.structure("kmem_cache_node")), 4))
    }
  }
}

import DebugInfo

extension SlabEra {
  /// Declares what tells where memory went: zones, files, areas, pools and tasks.
  func declareMemory(_ unit: inout FixtureUnit) {
    declareZones(&unit)
    declareFiles(&unit)
    // Linux d093602919ad ("mm: vmalloc: remove global vmap_area_root rb-tree"), v6.9.
    if isRecent {
      unit.structure("rb_list") {
        $0.member("root", .voidPointer)
        $0.member("head", .structure("list_head"))
      }
      unit.structure("vmap_node") { $0.member("busy", .structure("rb_list")) }
    }
    unit.structure("vm_struct") {
      $0.member("next", .voidPointer)
      $0.member("addr", .voidPointer)
      $0.member("size", .unsignedLong)
      $0.member("flags", .unsignedLong)
      $0.member("caller", .voidPointer)
    }
    unit.structure("vmap_area") {
      $0.member("va_start", .unsignedLong)
      $0.member("va_end", .unsignedLong)
      $0.member("list", .structure("list_head"))
      $0.member("vm", .pointer(.structure("vm_struct")))
    }
    unit.structure("hstate") {
      $0.member("order", .unsignedInt)
      $0.member("nr_huge_pages", .unsignedLong)
      $0.member("hugepage_activelist", .structure("list_head"))
      $0.member("hugepage_freelists", .array(.structure("list_head"), 4))
    }
    unit.structure("thread_struct") { $0.member("sp", .unsignedLong) }
    unit.structure("task_struct") {
      $0.member("state", .unsignedLong)
      $0.member("stack", .voidPointer)
      $0.member("on_cpu", .int)
      $0.member("tasks", .structure("list_head"))
      $0.member("thread", .structure("thread_struct"))
    }
  }

  private func declareZones(_ unit: inout FixtureUnit) {
    unit.enumeration("migratetype", ["MIGRATE_UNMOVABLE": 0, "MIGRATE_PCPTYPES": 3])
    unit.enumeration("zone_stat_item", ["NR_FREE_PAGES": 0, "NR_VM_ZONE_STAT_ITEMS": 1])
    unit.enumeration(
      "node_stat_item",
      [
        "NR_SLAB_RECLAIMABLE_B": 0, "NR_SLAB_UNRECLAIMABLE_B": 1, "NR_ANON_MAPPED": 2,
        "NR_FILE_PAGES": 3, "NR_SHMEM": 4, "NR_VM_NODE_STAT_ITEMS": 5,
      ])
    unit.structure("per_cpu_pages") {
      $0.member("count", .int)
      $0.member("lists", .array(.structure("list_head"), hasStructSlab ? 13 : 3))
    }
    // Linux 28f836b6777b ("mm/page_alloc: split per cpu page lists and zone stats"), v5.14.
    unit.structure("per_cpu_zonestat") { $0.member("vm_stat_diff", .array(.char, 1)) }
    unit.structure("per_cpu_pageset") {
      $0.member("pcp", .structure("per_cpu_pages"))
      $0.member("vm_stat_diff", .array(.char, 1))
    }
    unit.structure("zone") {
      if hasStructSlab {
        $0.member("per_cpu_pageset", .pointer(.structure("per_cpu_pages")))
        $0.member("per_cpu_zonestats", .pointer(.structure("per_cpu_zonestat")))
      } else {
        $0.member("pageset", .pointer(.structure("per_cpu_pageset")))
      }
    }
    unit.structure("per_cpu_nodestat") { $0.member("vm_node_stat_diff", .array(.char, 5)) }
    unit.structure("pglist_data") {
      $0.member("node_zones", .array(.structure("zone"), 1))
      $0.member("per_cpu_nodestats", .pointer(.structure("per_cpu_nodestat")))
    }
  }

  private func declareFiles(_ unit: inout FixtureUnit) {
    unit.structure("file_system_type") { $0.member("name", .pointer(.char)) }
    unit.structure("super_block") {
      $0.member("s_type", .pointer(.structure("file_system_type")))
    }
    unit.structure("address_space") { $0.member("host", .pointer(.structure("inode"))) }
    unit.structure("inode") {
      $0.member("i_sb", .pointer(.structure("super_block")))
      $0.member("i_mapping", .pointer(.structure("address_space")))
      $0.member("i_data", .structure("address_space"))
    }
  }
}

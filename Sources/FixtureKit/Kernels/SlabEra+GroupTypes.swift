import DebugInfo

extension SlabEra {
  /// Declares control groups, and what objects refer to that are charged to one.
  func declareGroups(_ unit: inout FixtureUnit) {
    declareStates(&unit)
    unit.structure("cgroup") {
      $0.member("self", .structure("cgroup_subsys_state"))
      $0.member("nr_dying_descendants", .int)
      $0.member("kn", .pointer(.structure("kernfs_node")))
    }
    unit.structure("page_counter") { $0.member("usage", .unsignedLong) }
    unit.structure("mem_cgroup_per_node") {
      $0.member("memcg", .pointer(.structure("mem_cgroup")))
      $0.member("objcg", .pointer(.structure("obj_cgroup")))
    }
    unit.structure("mem_cgroup") {
      $0.member("id", .int)
      $0.member("css", .structure("cgroup_subsys_state"))
      $0.member("memory", .structure("page_counter"))
      $0.member("swap", .structure("page_counter"))
      if hasStrides {
        $0.member("nodeinfo", .array(.pointer(.structure("mem_cgroup_per_node")), nil))
      } else if !hasChildCaches {
        $0.member("objcg", .pointer(.structure("obj_cgroup")))
      }
    }
    guard !hasChildCaches else { return }
    unit.structure("obj_cgroup") {
      $0.member("refcnt", .structure("percpu_ref"))
      $0.member("memcg", .pointer(.structure("mem_cgroup")))
    }
  }

  private func declareStates(_ unit: inout FixtureUnit) {
    unit.enumeration(nil, ["CSS_NO_REF": 1, "CSS_ONLINE": 2])
    unit.structure("percpu_ref_data") { $0.member("count", .unsignedLong) }
    unit.structure("percpu_ref") {
      if hasChildCaches { $0.member("count", .unsignedLong) }
      $0.member("percpu_count_ptr", .unsignedLong)
      if !hasChildCaches { $0.member("data", .pointer(.structure("percpu_ref_data"))) }
    }
    unit.structure("cgroup_subsys_state") {
      $0.member("cgroup", .pointer(.structure("cgroup")))
      $0.member("refcnt", .structure("percpu_ref"))
      $0.member("sibling", .structure("list_head"))
      $0.member("children", .structure("list_head"))
      $0.member("flags", .unsignedInt)
    }
  }
}

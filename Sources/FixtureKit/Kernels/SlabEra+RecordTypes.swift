import DebugInfo
import Memory

extension SlabEra {
  /// The flag of caches whose objects have records: SLAB_STORE_USER.
  ///
  /// The debug information of recent kernels tells it, and here another than it always was.
  var storesUser: UInt64 { isRecent ? 1 << 7 : 0x10000 }

  /// Declares what SLUB and memory allocation profiling record about objects.
  func declareRecords(_ unit: inout FixtureUnit, clock: VirtualAddress) {
    if isRecent { unit.enumeration("_slab_flag_bits", ["_SLAB_STORE_USER": 7]) }
    unit.structure("track") {
      $0.member("addr", .unsignedLong)
      // Linux 5cf909c553e9, v5.19.
      if hasStructSlab {
        $0.member("handle", .unsignedInt)
      } else {
        $0.member("addrs", .array(.unsignedLong, 16))
      }
      $0.member("cpu", .int)
      $0.member("pid", .int)
      $0.member("when", .unsignedLong)
    }
    unit.union("handle_parts") {
      $0.member("handle", .unsignedInt)
      $0.structure {
        if isRecent {
          $0.bits("pool_index_plus_1", .unsignedInt, 0..<17)
          $0.bits("offset", .unsignedInt, 17..<27)
          $0.bits("extra", .unsignedInt, 27..<32)
        } else {
          $0.bits("slabindex", .unsignedInt, 0..<16)
          $0.bits("offset", .unsignedInt, 16..<26)
          $0.bits("valid", .unsignedInt, 26..<27)
          $0.bits("extra", .unsignedInt, 27..<32)
        }
      }
    }
    unit.structure("stack_record") {
      $0.member("next", .pointer(.structure("stack_record")))
      $0.member("hash", .unsignedInt)
      $0.member("size", .unsignedInt)
      $0.member("handle", .union("handle_parts"))
      $0.member("entries", .array(.unsignedLong, nil))
    }
    unit.structure("clocksource") {
      $0.member("read", .voidPointer)
      $0.member("mult", .unsignedInt)
      $0.member("shift", .unsignedInt)
    }
    unit.object("clocksource_jiffies", .structure("clocksource"), at: clock)
    if hasCodeTags { declareCodeTags(&unit) }
  }

  private func declareCodeTags(_ unit: inout FixtureUnit) {
    unit.structure("codetag") {
      $0.member("flags", .unsignedInt)
      $0.member("lineno", .unsignedInt)
      $0.member("modname", .pointer(.char))
      $0.member("function", .pointer(.char))
      $0.member("filename", .pointer(.char))
    }
    unit.union("codetag_ref") { $0.member("ct", .pointer(.structure("codetag"))) }
    unit.structure("slabobj_ext") {
      $0.member("objcg", .voidPointer)
      $0.member("ref", .union("codetag_ref"))
    }
  }
}

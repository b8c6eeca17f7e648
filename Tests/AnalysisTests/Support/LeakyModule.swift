import DebugInfo
import FixtureKit
import Memory

/// The parts of a kernel and of a module `leakmod` that the tests are about.
///
/// `single_open` of fs/seq_file.c allocates a `seq_operations` with its three functions and the
/// caller's; the module has sessions in a list, each with a timeout function.
enum LeakyModule {
  static let singleStart = SubjectBuilder.image.advanced(by: 0x1000)
  static let singleNext = SubjectBuilder.image.advanced(by: 0x1100)
  static let singleStop = SubjectBuilder.image.advanced(by: 0x1200)
  static let cpuinfoOps = SubjectBuilder.image.advanced(by: 0x8000)
  static let initNet = SubjectBuilder.image.advanced(by: 0x9000)
  static let show = SubjectBuilder.modules.advanced(by: 0x1000)
  static let otherShow = SubjectBuilder.modules.advanced(by: 0x1100)
  static let timeout = SubjectBuilder.modules.advanced(by: 0x1200)
  static let liveList = SubjectBuilder.modules.advanced(by: 0x3000)
  static let thisModule = SubjectBuilder.modules.advanced(by: 0x4000)

  /// What `single_open` writes.
  static let seqOperations = [
    singleStart.rawValue, singleStop.rawValue, singleNext.rawValue, show.rawValue,
  ]

  /// Debug information of the kernel's file and of the module's.
  static let types = FixtureTypes { types in
    types.unit("fs/seq_file.c") { unit in
      declareSeqFile(&unit)
      let file = CType.pointer(.structure("seq_file"))
      unit.function(
        "single_start", at: singleStart, returns: .voidPointer, [file, .pointer(.long)])
      unit.function(
        "single_next", at: singleNext, returns: .voidPointer,
        [file, .voidPointer, .pointer(.long)])
      unit.function("single_stop", at: singleStop, [file, .voidPointer])
      unit.object("cpuinfo_op", .structure("seq_operations"), at: cpuinfoOps)
    }
    types.unit("net/core/net_namespace.c") { unit in
      unit.structure("net", size: 0x400) { $0.member("passive", .int) }
      unit.object("init_net", .structure("net"), at: initNet)
    }
    types.unit("leakmod.c", module: "leakmod") { unit in
      declareSeqFile(&unit)
      declareSession(&unit)
      let file = CType.pointer(.structure("seq_file"))
      unit.function(
        "TestMod_ProcContentSeqShow", at: show, returns: .int, [file, .voidPointer])
      unit.function("other_show", at: otherShow, returns: .int, [file, .voidPointer])
      unit.function("tm_timeout", at: timeout, [.pointer(.structure("timer_list"))])
      unit.object("tm_live", .structure("list_head"), at: liveList)
    }
    types.unit("leakmod.mod.c", module: "leakmod") { unit in
      unit.structure("module", size: 0x340) { $0.member("state", .int) }
      unit.object("__this_module", .structure("module"), at: thisModule)
    }
  }

  private static func declareSeqFile(_ unit: inout FixtureUnit) {
    let file = CType.pointer(.structure("seq_file"))
    unit.structure("seq_operations") {
      $0.member("start", .functionPointer(returns: .voidPointer, [file, .pointer(.long)]))
      $0.member("stop", .functionPointer(returns: .void, [file, .voidPointer]))
      $0.member(
        "next",
        .functionPointer(returns: .voidPointer, [file, .voidPointer, .pointer(.long)]))
      $0.member("show", .functionPointer(returns: .int, [file, .voidPointer]))
    }
    unit.structure("seq_file", size: 0x78) {
      $0.member("buf", .pointer(.char))
      $0.member("size", .unsignedLong)
      $0.member("op", .pointer(.structure("seq_operations")), at: 0x60)
    }
    // Begins with a function of one of the prototypes too, but explains no more than that.
    unit.structure("show_only", size: 64) {
      $0.member("fill", .array(.char, 24))
      $0.member("show", .functionPointer(returns: .int, [file, .voidPointer]))
    }
  }

  private static func declareSession(_ unit: inout FixtureUnit) {
    unit.structure("list_head") {
      $0.member("next", .pointer(.structure("list_head")))
      $0.member("prev", .pointer(.structure("list_head")))
    }
    unit.structure("tm_session") {
      $0.member("link", .structure("list_head"))
      $0.member(
        "on_timeout", .functionPointer(returns: .void, [.pointer(.structure("timer_list"))]))
      $0.member("owner", .pointer(.structure("module")))
      $0.member("id", .unsignedInt)
      $0.member("magic", .unsignedInt)
      $0.member("peer", .array(.char, 16))
      $0.member("self_peer", .pointer(.structure("tm_session")))
      $0.member("counters", .array(.unsignedLong, 3))
    }
  }

  /// The words of a session with an empty list head, or linked to two others.
  static func session(
    _ id: Int, at address: VirtualAddress, linkedTo neighbours: (UInt64, UInt64)? = nil
  ) -> [UInt64] {
    let (next, previous) = neighbours ?? (address.rawValue, address.rawValue)
    var peer = Array("10.0.\(id >> 8).\(id & 255)".utf8)
    peer += Array(repeating: 0, count: 16 - peer.count)
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    return [
      next, previous, timeout.rawValue, thisModule.rawValue, 0x5e55_10a1 << 32 | UInt64(id),
      word(peer[0..<8]), word(peer[8..<16]), 0, UInt64(id), 4_294_900_000 + UInt64(id), 0, 0,
    ]
  }
}

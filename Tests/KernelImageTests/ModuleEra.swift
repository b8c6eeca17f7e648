import FixtureKit
import Memory

/// What `struct module` looked like in some release, as far as a dump is read for it.
enum ModuleEra: CaseIterable {
  case v4_4, v4_19, v5_1, v6_1, v6_18

  /// Where this test puts the members.
  enum Offset {
    static let list = 8
    static let name = 24
    static let ranges = 128
    static let perCPU = 320
    static let symbols = 336
    static let sections = 400
    static let notes = 408
    static let size = 512
  }

  /// A module as the test wants it to be found.
  struct Module {
    var name: String
    var core: Range<UInt64>
    var initialization: Range<UInt64>?
    var perCPU: Range<UInt64>?
    var sections: [(name: String, address: UInt64)] = []
    var buildID: [UInt8] = []
    var symbols: [Symbol] = []
  }

  /// A symbol as the compiler left it, and the letter that the kernel worked out for it.
  struct Symbol {
    var name: String
    var address: UInt64
    var size: UInt64
    /// `st_info`: binding and type.
    var info: UInt8
    var letter: Character
    var section: UInt16 = 1
  }

  /// Declares the types.
  func declare(_ unit: inout FixtureUnit, modules: VirtualAddress) {
    unit.structure("list_head") {
      $0.member("next", .voidPointer)
      $0.member("prev", .voidPointer)
    }
    unit.structure("attribute") {
      $0.member("name", .pointer(.char))
      $0.member("mode", .unsignedShort)
    }
    unit.structure("bin_attribute", size: 64) {
      $0.member("attr", .structure("attribute"))
      $0.member("size", .unsignedLong)
      $0.member("private", .voidPointer)
    }
    declareRanges(&unit)
    declareAttributes(&unit)
    if self >= .v4_19 {
      unit.structure("mod_kallsyms") {
        $0.member("symtab", .voidPointer)
        $0.member("num_symtab", .unsignedInt)
        $0.member("strtab", .pointer(.char))
        if self >= .v6_1 { $0.member("typetab", .pointer(.char)) }
      }
    }
    unit.structure("module", size: Offset.size) {
      $0.member("list", .structure("list_head"), at: Offset.list)
      $0.member("name", .array(.char, 56), at: Offset.name)
      switch self {
      case .v4_4:
        $0.member("module_init", .voidPointer, at: Offset.ranges)
        $0.member("module_core", .voidPointer, at: Offset.ranges + 8)
        $0.member("init_size", .unsignedInt, at: Offset.ranges + 16)
        $0.member("core_size", .unsignedInt, at: Offset.ranges + 20)
      case .v4_19, .v5_1, .v6_1:
        $0.member("core_layout", .structure("module_layout"), at: Offset.ranges)
        $0.member("init_layout", .structure("module_layout"), at: Offset.ranges + 32)
      case .v6_18:
        $0.member("mem", .array(.structure("module_memory"), 7), at: Offset.ranges)
      }
      $0.member("percpu", .voidPointer, at: Offset.perCPU)
      $0.member("percpu_size", .unsignedInt, at: Offset.perCPU + 8)
      if self == .v4_4 {
        $0.member("symtab", .voidPointer, at: Offset.symbols)
        $0.member("num_symtab", .unsignedInt, at: Offset.symbols + 8)
        $0.member("strtab", .pointer(.char), at: Offset.symbols + 16)
      } else {
        $0.member("kallsyms", .pointer(.structure("mod_kallsyms")), at: Offset.symbols)
      }
      $0.member("sect_attrs", .pointer(.structure("module_sect_attrs")), at: Offset.sections)
      $0.member("notes_attrs", .pointer(.structure("module_notes_attrs")), at: Offset.notes)
    }
    unit.object("modules", .structure("list_head"), at: modules)
  }

  private func declareRanges(_ unit: inout FixtureUnit) {
    unit.structure("module_layout", size: 32) {
      $0.member("base", .voidPointer)
      $0.member("size", .unsignedInt)
    }
    if self == .v6_18 {
      unit.structure("module_memory", size: 24) {
        $0.member("base", .voidPointer)
        $0.member("is_rox", .bool)
        $0.member("size", .unsignedInt)
      }
    }
  }

  private func declareAttributes(_ unit: inout FixtureUnit) {
    if self == .v6_18 {
      unit.structure("attribute_group", size: 48) { group in
        group.member("name", .pointer(.char))
        group.union(at: 40) { $0.member("bin_attrs", .pointer(.voidPointer)) }
      }
      for name in ["module_sect_attrs", "module_notes_attrs"] {
        unit.structure(name) {
          $0.member("grp", .structure("attribute_group"))
          $0.member("attrs", .array(.structure("bin_attribute"), nil))
        }
      }
      return
    }
    unit.structure("module_sect_attr", size: 80) {
      if self == .v6_1 {
        $0.member("battr", .structure("bin_attribute"))
      } else {
        $0.member("name", .pointer(.char), at: 64)
      }
      $0.member("address", .unsignedLong, at: 72)
    }
    unit.structure("module_sect_attrs") {
      $0.member("nsections", .unsignedInt, at: 40)
      $0.member("attrs", .array(.structure("module_sect_attr"), nil), at: 48)
    }
    unit.structure("module_notes_attrs") {
      $0.member("dir", .voidPointer)
      $0.member("notes", .unsignedInt)
      $0.member("attrs", .array(.structure("bin_attribute"), nil), at: 16)
    }
  }
}

extension ModuleEra: Comparable {
  static func < (lhs: Self, rhs: Self) -> Bool {
    let all = Self.allCases
    return (all.firstIndex(of: lhs) ?? 0) < (all.firstIndex(of: rhs) ?? 0)
  }
}

extension ModuleEra.Module {
  /// Where the code of `leakmod` begins.
  static let text: UInt64 = 0xffff_ffff_c012_3000

  /// A module with code, data, per-CPU variables, initialization and a build ID.
  static let leakmod = ModuleEra.Module(
    name: "leakmod", core: text..<(text + 0x4000),
    initialization: (text + 0x8000)..<(text + 0x9000), perCPU: 0x3a000..<0x3a010,
    sections: [(".text", text), (".data", text + 0x2000)],
    buildID: [0, 0xff] + stride(from: 0x10, through: 0x80, by: 0x10).map { UInt8($0) }
      + [0x90, 0x10] + stride(from: 0xa0, through: 0xf0, by: 0x10).map { UInt8($0) } + [1, 2],
    symbols: [
      .init(name: "TestMod_show", address: text + 0x10, size: 0x40, info: 0x02, letter: "t"),
      .init(name: "leak_it", address: text + 0x50, size: 0x20, info: 0x12, letter: "T"),
      .init(name: "tm_ops", address: text + 0x2000, size: 0x60, info: 0x01, letter: "d"),
      .init(name: "tm_counter", address: 0x3a000, size: 8, info: 0x01, letter: "d"),
      // What the kernel keeps beside them: used symbols, marks, and values that are no addresses.
      .init(name: "kmalloc", address: text, size: 0, info: 0x10, letter: "U", section: 0),
      .init(name: "$x", address: text, size: 0, info: 0x00, letter: "t"),
      .init(name: ".L17", address: text, size: 0, info: 0x00, letter: "t"),
      .init(name: "leakmod.c", address: 0, size: 0, info: 0x04, letter: "a", section: 0xfff1),
    ])
}

import FixtureKit
import Memory

/// How a test lays out `mem_section`.
enum SectionForm: CaseIterable {
  /// `struct mem_section **`.
  case allocatedRoots
  /// `struct mem_section *[]`.
  case roots
  /// `struct mem_section [][1]`.
  case flat
}

extension SmallKernel {
  static let hasMemoryMap: UInt64 = 2
  static let isEarly: UInt64 = 8
  /// Descriptors of 16 bytes in a page.
  var sectionsPerRoot: Int { plan.mode.pageSize.bytes / 16 }

  /// A descriptor's word for a section whose memory map is where the plan has it.
  func section(_ flags: UInt64 = hasMemoryMap | isEarly) -> UInt64 {
    plan.structPages.rawValue | 1 | flags
  }

  /// Puts a `mem_section` into memory: for each section its word and where its `usage` is.
  mutating func addSections(
    _ sections: [Int: (word: UInt64, usage: UInt64)], form: SectionForm = .allocatedRoots
  ) {
    let last = sections.keys.max() ?? 0
    func descriptors(_ range: Range<Int>) -> [UInt8] {
      range.flatMap { bytes(sections[$0]?.word ?? 0, sections[$0]?.usage ?? 0) }
    }
    guard form != .flat else {
      variable("mem_section", descriptors(0..<(last + 1)))
      variable("__highest_present_section_nr", bytes(UInt64(last)))
      return
    }
    var roots: [UInt64] = []
    for start in stride(from: 0, through: last, by: sectionsPerRoot) {
      let range = start..<(start + sectionsPerRoot)
      let isEmpty = range.allSatisfy { sections[$0] == nil }
      roots.append(isEmpty ? 0 : object(descriptors(range)).rawValue)
    }
    let table = roots.flatMap { bytes($0) }
    if form == .roots {
      variable("mem_section", table)
    } else {
      let array = object(table)
      variable("mem_section", bytes(array.rawValue))
    }
    variable("__highest_present_section_nr", bytes(UInt64(last)))
  }

  /// The two sections of 128 MiB that the machine's memory fills.
  mutating func addUsualSections() {
    let first = Int(plan.memory.rawValue >> 27)
    addSections([first: (section(), 0), first + 1: (section(), 0)])
  }

  /// The address of a variable that was put into memory before.
  func address(_ name: String) -> VirtualAddress {
    symbols.first { $0.name == name }?.address ?? VirtualAddress(0)
  }

  /// What debug information says of memory's descriptors, and of more.
  func types(
    form: SectionForm = .allocatedRoots,
    _ more: (inout FixtureTypes.Declarations) -> Void = { _ in }
  ) -> FixtureTypes {
    FixtureTypes { types in
      types.unit("mm/sparse.c") { unit in
        unit.structure("page", size: 64) { $0.member("flags", .unsignedLong) }
        unit.structure("mem_section_usage") {
          $0.member("subsection_map", .array(.unsignedLong, 1))
          $0.member("pageblock_flags", .array(.unsignedLong, 0))
        }
        unit.structure("mem_section") {
          $0.member("section_mem_map", .unsignedLong)
          $0.member("usage", .pointer(.structure("mem_section_usage")))
        }
        let pointer = CType.pointer(.structure("mem_section"))
        let type: CType =
          switch form {
          case .allocatedRoots: .pointer(pointer)
          case .roots: .array(pointer, 4)
          case .flat: .array(.array(.structure("mem_section"), 1), 4)
          }
        if symbols.contains(where: { $0.name == "mem_section" }) {
          unit.object("mem_section", type, at: address("mem_section"))
        }
      }
      more(&types)
    }
  }
}

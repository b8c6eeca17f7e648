import DebugInfo
import FixtureKit
import Memory
import Testing

@Suite("Structures")
struct StructureTests {
  /// Natural alignment as the System V and AArch64 ABIs lay it down.
  @Test("Members without an offset lie where a C compiler puts them")
  func naturalLayout() throws {
    let types = FixtureTypes.unit { unit in
      unit.structure("mixed") {
        $0.member("flag", .char)
        $0.member("count", .int)
        $0.member("next", .pointer(.structure("mixed")))
        $0.member("tag", .array(.unsignedShort, 3))
        $0.member("tail", .array(.long, nil))
      }
    }
    let mixed = try #require(types.structure("mixed", near: []))
    #expect(mixed.offset("count") == 4)
    #expect(mixed.offset("next") == 8)
    #expect(mixed.offset("tag") == 16)
    #expect(mixed.offset("tail") == 24)
    #expect(mixed.size == 24)
  }

  @Test("A path leads through structures with and without a name")
  func paths() throws {
    let types = FixtureTypes.unit { unit in
      unit.structure("kmem_cache_order_objects") { $0.member("x", .unsignedInt) }
      unit.structure("kmem_cache", size: 0x100) {
        $0.member("oo", .structure("kmem_cache_order_objects"), at: 0x30)
        $0.union(at: 0x40) {
          $0.member("whole", .unsignedLong)
          $0.structure {
            $0.member("low", .unsignedInt)
            $0.member("high", .unsignedInt)
          }
        }
        $0.bits("inuse", .unsignedInt, 0x280..<0x290)
      }
    }
    let cache = try #require(types.structure("kmem_cache", near: []))
    #expect(cache.size == 0x100)
    #expect(cache.offset("oo.x") == 0x30)
    #expect(cache.offset("high") == 0x44)
    #expect(cache.member("inuse")?.bitSize == 16)
    #expect(cache.offset("inuse") == 0x50)
    #expect(cache.member("oo.y") == nil)
    #expect(cache.member("whole.low") == nil)
  }

  @Test("A structure that is only declared is not complete")
  func declarationOnly() {
    let types = FixtureTypes.unit { unit in
      unit.structure("holder") { $0.member("owner", .pointer(.structure("module"))) }
    }
    #expect(types.structure("module", near: []) == nil)
    #expect(types.structure("holder", near: []) != nil)
  }

  @Test("Anonymous structures that hold each other end a search", .timeLimit(.minutes(1)))
  func anonymousCircle() {
    let member = Member(name: nil, type: TypeID(rawValue: 1), bitOffset: 1 << 62)
    let circle = Aggregate(
      name: "circle", size: 8, members: Array(repeating: member, count: 100))
    let table = TypeTable(
      shapes: [.void, .aggregate(0)], aggregates: [circle], enumerations: [])
    #expect(table.structure(named: "circle")?.member("nowhere") == nil)
  }

  @Test("Anchors choose among structures of one name")
  func anchors() {
    let types = FixtureTypes { types in
      types.unit("a.c") { unit in
        unit.structure("priv", size: 8) { _ in }
        unit.function("a", at: VirtualAddress(0x1000))
      }
      types.unit("b.c", module: "b") { unit in
        unit.structure("priv", size: 16) { _ in }
        unit.function("b", at: VirtualAddress(0x2000), line: 7)
      }
    }
    #expect(types.structure("priv", near: ["b"])?.size == 16)
    #expect(types.structure("priv", near: ["no such"])?.size == 8)
    #expect(types.unit(defining: VirtualAddress(0x2000))?.name == "b.c")
    #expect(types.sourceLine(of: VirtualAddress(0x2000)) == SourceLine(file: "b.c", line: 7))
    #expect(types.symbols.symbol(named: "b")?.module == "b")
  }
}

import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Types by votes")
struct TypingTests {
  /// The type of objects with these words, of which there are a few, in a cache of their own.
  private func type(
    _ types: FixtureTypes, cache name: String = "kmalloc-64", size: Int = 64, _ words: [UInt64]
  ) async -> ObjectType? {
    var kernel = SubjectBuilder(types: types)
    _ = kernel.cache("kmalloc-32", objectSize: 32)
    let cache = kernel.cache(name, objectSize: size)
    for _ in 0..<10 { kernel.object(in: cache, words) }
    return await CacheGrouping.groups(ofCache: cache, in: kernel.subject).groups.first?.type
  }

  private static let work = SubjectBuilder.image.advanced(by: 0x100)
  private static let ops = SubjectBuilder.image.advanced(by: 0x2000)

  private func unit(_ declare: (inout FixtureUnit) -> Void) -> FixtureTypes {
    FixtureTypes.unit("driver.c") { unit in
      unit.structure("work_struct") {
        $0.member("data", .unsignedLong)
        $0.member("next", .voidPointer)
        $0.member("prev", .voidPointer)
        $0.member(
          "func", .functionPointer(returns: .void, [.pointer(.structure("work_struct"))]))
      }
      unit.structure("dev_ops") { $0.member("open", .functionPointer(returns: .int, [.int])) }
      unit.function("do_work", at: Self.work, [.pointer(.structure("work_struct"))])
      unit.object("fast_ops", .structure("dev_ops"), at: Self.ops)
      declare(&unit)
    }
  }

  @Test("A structure that has what is embedded in it wins over what is embedded, by its size")
  func embedded() async {
    let types = unit { unit in
      unit.structure("request") {
        $0.member("work", .structure("work_struct"))
        $0.member("bytes", .array(.unsignedLong, 3))
      }
    }
    let words = [0, 0, 0, Self.work.rawValue, 1, 2, 3, 0]
    #expect(await type(types, words) == .known(name: "request", size: 56))
    // In a cache of smaller objects only the smaller structure has room.
    #expect(
      await type(types, cache: "kmalloc-32", size: 32, Array(words.prefix(4)))
        == .known(name: "work_struct", size: 32))
  }

  @Test("A function votes only for a pointer to a function of its kind")
  func prototypes() async {
    let types = unit { unit in
      unit.structure("wrong_parameter", size: 64) {
        $0.member(
          "call", .functionPointer(returns: .void, [.pointer(.structure("dev_ops"))]), at: 8)
      }
      unit.structure("wrong_count", size: 64) {
        $0.member("call", .functionPointer(returns: .void, []), at: 8)
      }
      unit.structure("void_parameter", size: 64) {
        $0.member("call", .functionPointer(returns: .void, [.voidPointer]), at: 8)
      }
      unit.structure("no_pointer", size: 64) { $0.member("count", .unsignedInt, at: 8) }
      unit.structure("right", size: 64) {
        $0.member(
          "call", .functionPointer(returns: .void, [.pointer(.structure("work_struct"))]), at: 8)
      }
    }
    #expect(await type(types, [7, Self.work.rawValue, 7]) == .known(name: "right", size: 64))
  }

  @Test("A static object votes for pointers to its type, through typedefs")
  func staticObjects() async {
    let types = unit { unit in
      unit.alias("dev_ops_t", of: .structure("dev_ops"))
      unit.structure("device", size: 64) {
        $0.union(at: 16) {
          $0.member("raw", .unsignedLong)
          $0.member("ops", .pointer(.alias("dev_ops_t")))
        }
      }
      unit.structure("other", size: 64) { $0.member("name", .pointer(.char), at: 16) }
    }
    #expect(await type(types, [1, 2, Self.ops.rawValue]) == .known(name: "device", size: 64))
  }

  @Test("Structures that explain the objects equally well are candidates")
  func candidates() async {
    let types = unit { unit in
      for name in ["beta", "alpha"] {
        unit.structure(name, size: 64) { $0.member("ops", .pointer(.structure("dev_ops")), at: 8) }
      }
    }
    #expect(await type(types, [1, Self.ops.rawValue]) == .candidates(["alpha", "beta"]))
  }

  @Test("An empty list, a pointer to a known object and text tell structures apart")
  func otherWords() async {
    let types = unit { unit in
      unit.structure("list_head") {
        $0.member("next", .pointer(.structure("list_head")))
        $0.member("prev", .pointer(.structure("list_head")))
      }
      unit.structure("wanted", size: 64) {
        $0.member("ops", .pointer(.structure("dev_ops")))
        $0.member("list", .structure("list_head"), at: 16)
        $0.member("name", .array(.char, 16))
      }
      unit.structure("no_list", size: 64) {
        $0.member("ops", .pointer(.structure("dev_ops")))
        $0.member("name", .array(.char, 56))
      }
      unit.structure("other_list", size: 64) {
        $0.member("ops", .pointer(.structure("dev_ops")))
        $0.member("list", .structure("list_head"), at: 24)
      }
      unit.structure("no_name", size: 64) {
        $0.member("ops", .pointer(.structure("dev_ops")))
        $0.member("list", .structure("list_head"), at: 16)
        $0.member("next", .pointer(.structure("no_name")))
      }
    }
    var kernel = SubjectBuilder(types: types)
    let cache = kernel.cache("kmalloc-64", objectSize: 64)
    for number in 0..<10 {
      kernel.object(in: cache) { address in
        [
          Self.ops.rawValue, 0, address.rawValue + 16, address.rawValue + 16,
          0x3030_3030_2d78_7465 + UInt64(number) << 56,
        ]
      }
    }
    let groups = await CacheGrouping.groups(ofCache: cache, in: kernel.subject).groups
    #expect(groups.first?.type == .known(name: "wanted", size: 64))
  }

  @Test("A cache's name decides between equals")
  func cacheName() async {
    let types = unit { unit in
      for name in ["beta", "alpha"] {
        unit.structure(name, size: 64) { $0.member("ops", .pointer(.structure("dev_ops")), at: 8) }
      }
    }
    #expect(
      await type(types, cache: "beta", [1, Self.ops.rawValue]) == .known(name: "beta", size: 64))
  }

  @Test("Nothing is known without debug information, or when no structure fits")
  func unknown() async {
    #expect(await type(unit { _ in }, [1, 2, 3, 4, 5, Self.work.rawValue]) == .unknown)
  }

  @Test("Types that contain themselves end")
  func cyclicTypes() async {
    // struct loop { struct loop self; loop_t others[2]; void (*call)(struct loop); } of damaged
    // debug information; and an array of itself.
    let shapes: [TypeShape] = [
      .void, .aggregate(0), .array(of: TypeID(rawValue: 2), count: 4),
      .alias(name: "loop_t", of: TypeID(rawValue: 3)),
      .function(Prototype(returns: TypeID(rawValue: 4), parameters: [TypeID(rawValue: 4)])),
      .pointer(to: TypeID(rawValue: 4)), .aggregate(1),
    ]
    let members = [
      Member(name: "self", type: TypeID(rawValue: 1), bitOffset: 0),
      Member(name: nil, type: TypeID(rawValue: 2), bitOffset: 0),
      Member(name: "typed", type: TypeID(rawValue: 3), bitOffset: .max),
      Member(name: "before", type: TypeID(rawValue: 1), bitOffset: .min),
      Member(name: "call", type: TypeID(rawValue: 5), bitOffset: 64),
    ]
    let many = Array(repeating: members[0], count: 1000)
    let table = TypeTable(
      shapes: shapes,
      aggregates: [
        Aggregate(name: "loop", size: .max, members: many + members),
        Aggregate(name: "small", size: 64, members: members.reversed() + many),
      ], enumerations: [])
    for id in [TypeID(rawValue: 1), TypeID(rawValue: 6)] {
      _ = Structure(table: table, id: id).leaves(in: 0..<64)
    }
    let unit = CompileUnit(
      name: "damaged.c", types: table,
      functions: [
        Definition(
          name: "do_work", address: Self.work, type: TypeID(rawValue: 4), file: nil, line: nil)
      ], objects: [])
    let witness = TypeWitness(offset: 8, target: .defined(TypeID(rawValue: 4), of: unit))
    #expect(TypeVotes([witness]).candidates(largest: 64).map(\.structure.name) == ["small"])
  }
}

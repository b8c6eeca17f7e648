import ByteKit
import DebugInfo
import Memory

/// One page, the first slab of `SampleKernel`; every other page is excluded.
struct SampleMemory: VirtualMemory {
  let pageSize = PageSize.kib4

  func page(at address: VirtualAddress) throws(Absence) -> Page {
    guard pageSize.start(of: address).rawValue == SampleKernel.slabStart else { throw .excluded }
    let words: [UInt64] = [
      SampleKernel.symbolStart, SampleKernel.symbolStart + 0x20, SampleKernel.symbolStart + 0x40,
      SampleKernel.showFunction,
      // The next object: a filp, zero, -ENOMEM and "leakmod".
      SampleKernel.slabStart + 0x1110, 0, UInt64(bitPattern: -12), 0x64_6f6d_6b61_656c,
    ]
    let bytes = words.flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
    }
    return Page(bytes: Bytes(bytes + [UInt8](repeating: 0, count: 4096 - bytes.count)))
  }
}

/// Knows `struct seq_operations`, a structure with everything nested, and where `tm_show` is.
struct SampleTypes: TypeSource {
  private static let pointer = TypeID(rawValue: 1)
  private static let int = TypeID(rawValue: 2)

  static let table = TypeTable(
    shapes: [
      .void, .pointer(to: .void), .integer(name: "int", size: 4, isSigned: true), .aggregate(0),
      .aggregate(1), .array(of: TypeID(rawValue: 4), count: 2), .aggregate(2),
      .array(of: pointer, count: nil), .aggregate(3),
    ],
    aggregates: [
      Aggregate(
        name: "seq_operations", size: 32,
        members: ["start", "stop", "next", "show"].enumerated().map {
          Member(name: $1, type: pointer, bitOffset: $0 * 64)
        }),
      Aggregate(
        name: "list_head", size: 16,
        members: [
          Member(name: "next", type: pointer, bitOffset: 0),
          Member(name: "prev", type: pointer, bitOffset: 64),
        ]),
      Aggregate(
        name: nil, isUnion: true, size: 8,
        members: [
          Member(name: "flags", type: int, bitOffset: 0),
          Member(name: "owner", type: pointer, bitOffset: 0),
        ]),
      Aggregate(
        name: "node", size: 48,
        members: [
          Member(name: "id", type: int, bitOffset: 0),
          Member(name: "lists", type: TypeID(rawValue: 5), bitOffset: 64),
          Member(name: nil, type: TypeID(rawValue: 6), bitOffset: 320),
          Member(name: "tail", type: TypeID(rawValue: 7), bitOffset: 384),
        ]),
    ], enumerations: [])

  func unit(defining address: VirtualAddress) -> CompileUnit? { nil }
  func structure(_ name: String, near anchors: [String]) -> Structure? {
    Self.table.structure(named: name)
  }
  func enumerator(_ name: String, near anchors: [String]) -> Int64? { nil }
  func hasAlias(_ name: String, near anchors: [String]) -> Bool { false }
  func sourceLine(of address: VirtualAddress) -> SourceLine? {
    address.rawValue == SampleKernel.showFunction ? SourceLine(file: "leakmod.c", line: 40) : nil
  }
}

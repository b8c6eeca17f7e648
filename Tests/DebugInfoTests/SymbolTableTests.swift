import ByteKit
import DebugInfo
import Memory
import Testing

@Suite("Symbols")
struct SymbolTableTests {
  private static func table(_ symbols: [(String, UInt64, UInt64)]) -> SymbolTable {
    var builder = SymbolTableBuilder()
    for (name, address, size) in symbols {
      builder.add(
        name: Array(name.utf8), address: VirtualAddress(address), size: size, kind: .function,
        isGlobal: true)
    }
    return SymbolTable(builder)
  }

  @Test("An address is told by the symbol that covers it, with the offset")
  func reference() {
    let table = Self.table([("seq_release", 0x2000, 0x30), ("single_start", 0x1000, 0x20)])
    let reference = table.reference(to: VirtualAddress(0x2010))
    #expect(reference?.description == "seq_release+0x10")
    #expect(table.reference(to: VirtualAddress(0x2030)) == nil)
    #expect(table.reference(to: VirtualAddress(0x0fff)) == nil)
    #expect(table.reference(to: VirtualAddress(0x101f))?.symbol.name == "single_start")
  }

  @Test("A symbol without a size reaches to the next different address, but not too far")
  func guessedSize() {
    let table = Self.table([("a", 0x1000, 0), ("alias", 0x1000, 0), ("b", 0x1100, 0)])
    #expect(table.symbol(named: "a")?.size == 0x100)
    #expect(table.symbol(named: "alias")?.size == 0x100)
    #expect(table.symbol(named: "b")?.size == 0x10000)
  }

  @Test("A small symbol inside a large one does not hide it")
  func enclosing() {
    let table = Self.table([("table", 0x1000, 0x1000), ("entry", 0x1800, 8)])
    #expect(table.reference(to: VirtualAddress(0x1804))?.symbol.name == "entry")
    #expect(table.reference(to: VirtualAddress(0x1808))?.description == "table+0x808")
  }

  @Test("Of several names for an address a global function's comes first")
  func ranks() {
    var builder = SymbolTableBuilder()
    let address = VirtualAddress(0xffff_ffff_8100_0000)
    for (name, kind, isGlobal) in [
      ("_stext", SymbolKind.other, true), ("local", .function, false), ("global", .function, true),
    ] {
      builder.add(
        name: Array(name.utf8), address: address, size: 16, kind: kind, isGlobal: isGlobal)
    }
    #expect(SymbolTable(builder).reference(to: address)?.symbol.name == "global")
  }

  @Test("An object of no bytes does not name the object at the same address")
  func emptyObject() {
    var builder = SymbolTableBuilder()
    let address = VirtualAddress(0xffff_ffff_8300_0000)
    for (name, size) in [("__key.419", UInt64(0)), ("vma_lock_cachep", 8)] {
      builder.add(
        name: Array(name.utf8), address: address, size: size, kind: .object, isGlobal: false)
    }
    #expect(SymbolTable(builder).reference(to: address)?.symbol.name == "vma_lock_cachep")
  }

  @Test("Functions that share a name are all found, the kernel's first when one is asked for")
  func sharedNames() {
    var builder = SymbolTableBuilder()
    for (address, module) in [(UInt64(0x3000), nil), (0x1000, "ext4"), (0x2000, "xfs")] {
      builder.add(
        Symbol(
          name: "init_once", address: VirtualAddress(address), size: 8, kind: .function,
          module: module))
    }
    let table = SymbolTable(builder)
    #expect(table.symbols(named: "init_once").map(\.module) == ["ext4", "xfs", nil])
    #expect(table.symbol(named: "init_once")?.module == nil)
    #expect(table.symbols(named: "init_onc").isEmpty)
    #expect(table.symbols(named: "").isEmpty)
  }

  @Test("A table of names can be taken over whole")
  func namesTable() throws {
    var builder = SymbolTableBuilder()
    builder.add(
      Symbol(name: "first", address: VirtualAddress(0x10), size: 1, kind: .object))
    let names = Bytes(Array("\0vmlinux_symbol\0".utf8))
    let taken = builder.add(names: names)
    let base = try #require(taken)
    for start in [base, base + 1, base + 8, base + 1000] {
      builder.add(
        nameAt: start, address: VirtualAddress(0x20 + UInt64(start)), size: 1, kind: .object,
        isGlobal: true)
    }
    // The first has an empty name, the last is not there.
    #expect(builder.count == 3)
    let table = SymbolTable(builder)
    #expect((0..<3).map { table[$0].name } == ["first", "vmlinux_symbol", "_symbol"])
    #expect(table.symbol(named: "_symbol")?.address == VirtualAddress(0x20 + UInt64(base) + 8))
  }

  @Test("Sorting by address is the same as comparing would be", arguments: [1, 2, 3] as [UInt64])
  func sorting(seed: UInt64) {
    print("seed \(seed)")
    var state = seed
    var addresses: [UInt64] = []
    for index in 0..<3000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // Some in one place, some anywhere.
      addresses.append(index % 3 == 0 ? state : 0xffff_ffff_8000_0000 | state >> 40)
    }
    let table = Self.table(addresses.enumerated().map { ("s\($0)", $1, 1) })
    let sorted = addresses.sorted()
    #expect((0..<table.count).map { table.address(of: $0).rawValue } == sorted)
    let found = addresses.indices.map { table.symbol(named: "s\($0)")?.address.rawValue }
    #expect(found == addresses)
  }

  @Test("Very many symbols of one name do not take time without end", .timeLimit(.minutes(1)))
  func manyOfOneName() {
    let table = Self.table((0..<50_000).map { ("__key", 0x1000 + UInt64($0) * 8, 8) })
    #expect(table.symbols(named: "__key").count == 50_000)
  }
}

internal import ByteKit
internal import DebugInfo
internal import Memory

/// The symbols that the kernel keeps of a module.
struct KallsymsTarget: FuzzTarget {
  var name: String { "kallsyms" }

  private static let range = VirtualAddress(0xffff_ffff_c000_0000)..<VirtualAddress(.max)

  /// Three symbols in each form, and their names.
  func seeds() -> [[UInt8]] {
    [(1, UInt8(0x12), 0x74), (0, 0x12, 32), (0, 0x54, 32)].map { hasTypeTable, info, size in
      var entries = [UInt8](repeating: 0, count: 24)
      for number in 0..<3 {
        // Elf64_Sym: st_name, st_info, st_other, st_shndx, st_value, st_size.
        entries += [UInt8(1 + number * 5), 0, 0, 0, info, 0, 1, 0]
        entries += [0, UInt8(number), 0, 0xc0, 0xff, 0xff, 0xff, 0xff]
        entries += [UInt8(size), 0, 0, 0, 0, 0, 0, 0]
      }
      return [UInt8(hasTypeTable), UInt8(entries.count)] + entries
        + Array("\0open\0show\0stop\0".utf8)
    }
  }

  /// Adds the symbols to a table and looks some up.
  func run(_ input: Bytes) async {
    guard let first = input.load(UInt8.self, at: 0), let size = input.load(UInt8.self, at: 1),
      let entries = input.slice(2..<min(input.count, 2 + Int(size))),
      let names = input.slice((2 + entries.count)..<input.count)
    else { return }
    _ = ModuleKallsyms.namesExtent(of: entries)
    let symbols = ModuleKallsyms(entries: entries, names: names, hasTypeTable: first & 1 != 0)
    var builder = SymbolTableBuilder()
    let nameless = symbols.add(to: &builder, module: "fuzz") { Self.range.contains($0) }
    precondition(builder.count + nameless <= symbols.count)
    let table = SymbolTable(builder)
    for index in 0..<table.count {
      let symbol = table[index]
      _ = table.symbol(named: symbol.name)
      _ = table.reference(to: symbol.address.advanced(by: 1))
    }
  }
}

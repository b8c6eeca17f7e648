internal import ByteKit
internal import CElfutils
internal import DebugInfo
internal import Memory

extension ELFFile {
  /// The symbol table of the static linker, if the file has one.
  var symbolSection: ELFSection? {
    sections.first { $0.type == UInt32(SHT_SYMTAB) && $0.hasContents }
  }

  /// The names of the symbols.
  var symbolNames: Bytes? {
    guard let link = symbolSection?.link else { return nil }
    return sections.first { $0.index == link }.flatMap { contents(of: $0) }
  }

  /// The address that the global symbol of a name was linked to.
  func address(ofSymbol name: String) -> UInt64? {
    guard let names = symbolNames else { return nil }
    let wanted = Array(name.utf8) + [0]
    var found: UInt64?
    forEachSymbol { symbol in
      guard found == nil, symbol.isGlobal, symbol.kind != nil,
        names.slice(symbol.name..<(symbol.name + wanted.count))?.array == wanted
      else { return }
      found = symbol.value
    }
    return found
  }

  /// Calls `body` with each symbol, in the order of the file.
  func forEachSymbol(_ body: (ELFSymbol) -> Void) {
    guard let section = symbolSection else { return }
    _ = withContents(of: section) { table in
      for index in 0..<(table.byteCount / ELFSymbol.size) {
        if let symbol = ELFSymbol(table, at: index) { body(symbol) }
      }
    }
  }

  /// Adds the symbols that have a place in the running kernel.
  func addSymbols(
    to builder: inout SymbolTableBuilder, at placement: Placement, module: String?
  ) {
    guard let section = symbolSection, let names = symbolNames,
      let base = builder.add(names: names)
    else { return }
    builder.reserve(Int(clamping: section.size) / ELFSymbol.size)
    forEachSymbol { symbol in
      guard let kind = symbol.kind, symbol.name < names.count,
        !SymbolName.isNoise(names, at: symbol.name), let address = placement.address(of: symbol)
      else { return }
      builder.add(
        nameAt: base + UInt32(symbol.name), address: address, size: symbol.byteCount, kind: kind,
        isGlobal: symbol.isGlobal, module: module)
    }
  }
}

internal import ByteKit
internal import CElfutils
internal import DebugInfo
internal import Memory

/// Reads one compile unit: its types, the functions with code of their own and the static objects.
struct UnitReader {
  private let placement: Placement
  private let symbols: SymbolTable
  private var types: TypeReader
  private var functions: [Definition] = []
  private var objects: [Definition] = []

  private init(placement: Placement, symbols: SymbolTable, names: NameCache) {
    self.placement = placement
    self.symbols = symbols
    types = TypeReader(names: names)
  }

  /// Reads the unit of this entry.
  static func read(
    _ unit: DebugEntry, at placement: Placement, symbols: SymbolTable, names: inout NameCache
  ) -> CompileUnit {
    // The reader has the names to itself while it works, so that they are not copied.
    var own = NameCache()
    swap(&own, &names)
    var reader = UnitReader(placement: placement, symbols: symbols, names: own)
    own = NameCache()
    reader.readTop(of: unit)
    let table = reader.types.finish()
    swap(&names, &reader.types.names)
    return CompileUnit(
      name: unit.text(DW_AT_name, &names) ?? "", types: table, functions: reader.functions,
      objects: reader.objects)
  }

  /// Reads the top level of a unit and of the partial units that it imports (as dwz arranges them).
  private mutating func readTop(of unit: DebugEntry) {
    var units = [unit]
    var seen: Set<UInt> = [unit.identity]
    while let unit = units.popLast() {
      for entry in unit.children {
        guard types.spend() else { return }
        switch entry.tag {
        case DW_TAG_structure_type, DW_TAG_union_type, DW_TAG_class_type, DW_TAG_enumeration_type,
          DW_TAG_typedef:
          _ = types.id(of: entry)
        case DW_TAG_subprogram:
          readFunction(entry)
          readObjects(within: entry)
        case DW_TAG_variable: readObject(entry)
        case DW_TAG_imported_unit:
          guard let imported = entry.reference(DW_AT_import),
            seen.insert(imported.identity).inserted
          else { break }
          units.append(imported)
        default: break
        }
      }
    }
  }

  private mutating func readFunction(_ entry: DebugEntry) {
    guard let code = entry.firstCode, let place = placement.running(code) else { return }
    let address = symbols.functionStart(of: place)
    let lineage = entry.lineage
    // A copy may have lost parameters that the optimizer found unused; the origin has them all.
    let type = types.prototype(of: lineage.last ?? entry)
    add(lineage, address: address, type: type, to: \.functions)
  }

  /// The static objects declared inside a function and its blocks.
  private mutating func readObjects(within function: DebugEntry) {
    var blocks = [function]
    while let block = blocks.popLast() {
      for entry in block.children {
        guard types.spend() else { return }
        switch entry.tag {
        case DW_TAG_variable: readObject(entry)
        case DW_TAG_lexical_block: blocks.append(entry)
        default: break
        }
      }
    }
  }

  private mutating func readObject(_ entry: DebugEntry) {
    guard let linked = entry.staticAddress, let address = placement.running(linked)
    else { return }
    let lineage = entry.lineage
    let type = types.id(of: lineage.lazy.compactMap { $0.reference(DW_AT_type) }.first)
    add(lineage, address: address, type: type, to: \.objects)
  }

  private mutating func add(
    _ lineage: [DebugEntry], address: VirtualAddress, type: TypeID,
    to definitions: WritableKeyPath<UnitReader, [Definition]>
  ) {
    var name: String?
    var declaration: (file: String, line: Int?)?
    for entry in lineage {
      name = name ?? entry.text(DW_AT_name, &types.names)
      declaration = declaration ?? entry.declaration(&types.names)
    }
    guard let name else { return }
    self[keyPath: definitions].append(
      Definition(
        name: name, address: address, type: type, file: declaration?.file,
        line: declaration?.line))
  }
}

extension DebugEntry {
  /// The entry, the one it is a copy of or completes, and so on.
  fileprivate var lineage: [DebugEntry] {
    var lineage = [self]
    // A definition completes a declaration, a copy has an origin: three steps at most in C.
    while lineage.count < 8, let last = lineage.last,
      let next = last.reference(DW_AT_abstract_origin) ?? last.reference(DW_AT_specification)
    {
      lineage.append(next)
    }
    return lineage
  }
}

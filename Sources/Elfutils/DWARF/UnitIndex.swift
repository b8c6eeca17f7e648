internal import CElfutils

/// Which compile unit describes a structure or defines an object: made by looking at the top level
/// of every unit, which takes a second for a distribution's kernel.
struct UnitIndex {
  /// The offset of the first unit that describes a structure or union of a tag completely.
  private(set) var structures: [String: UInt64] = [:]
  /// The offset of the unit that defines the object at an address.
  private(set) var objects: [UInt64: UInt64] = [:]

  private var names = NameCache()
  /// Where the names of structures stand that were seen.
  private var seen: Set<UInt> = []
  /// The partial units that were read, which many units import.
  private var imported: Set<UInt> = []

  init(_ units: [DebugEntry]) {
    for unit in units { read(unit) }
    names = NameCache()
    seen = []
    imported = []
  }

  private mutating func read(_ unit: DebugEntry) {
    let offset = unit.offset
    var parts = [unit]
    while let part = parts.popLast() {
      for entry in part.children {
        switch entry.tag {
        case DW_TAG_structure_type, DW_TAG_union_type, DW_TAG_class_type:
          readStructure(entry, unit: offset)
        case DW_TAG_variable:
          if let address = entry.staticAddress { objects[address] = offset }
        case DW_TAG_imported_unit:
          guard let part = entry.reference(DW_AT_import), imported.insert(part.identity).inserted
          else { break }
          parts.append(part)
        default: break
        }
      }
    }
  }

  private mutating func readStructure(_ entry: DebugEntry, unit: UInt64) {
    let full = entry.has(DW_AT_name) ? entry : entry.described
    guard let place = full.textPlace(DW_AT_name), !seen.contains(place),
      !full.has(DW_AT_declaration), let name = full.text(DW_AT_name, &names)
    else { return }
    seen.insert(place)
    if structures[name] == nil { structures[name] = unit }
  }
}

internal import CElfutils

/// Which compile unit describes a structure or defines an object: made by looking at the top level
/// of every unit, which takes a second for a distribution's kernel.
struct UnitIndex {
  /// The offset of the first unit that describes a structure or union of a tag completely.
  private(set) var structures: [String: UInt64] = [:]
  /// The offset of the unit that defines the object at an address.
  private(set) var objects: [UInt64: UInt64] = [:]

  init(_ units: [DebugEntry]) {
    var names = NameCache()
    var seen: Set<UInt> = []
    for unit in units {
      let offset = unit.offset
      for entry in unit.children {
        switch entry.tag {
        case DW_TAG_structure_type, DW_TAG_union_type, DW_TAG_class_type:
          let full = entry.has(DW_AT_name) ? entry : entry.described
          guard let place = full.textPlace(DW_AT_name), !seen.contains(place),
            !full.has(DW_AT_declaration), let name = full.text(DW_AT_name, &names)
          else { continue }
          seen.insert(place)
          if structures[name] == nil { structures[name] = offset }
        case DW_TAG_variable:
          if let address = entry.staticAddress { objects[address] = offset }
        default: break
        }
      }
    }
  }
}

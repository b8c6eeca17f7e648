internal import DebugInfo
internal import Evidence

/// What people call the static variables that hold the address of a cache.
enum VariableNames {
  /// Their names, with the member of a structure or the element of an array: `tcp_prot.slab`.
  ///
  /// Debug information is asked about merged caches only, which have no other names.
  static func of(_ cache: SlabCache, in subject: Subject) -> [String] {
    cache.variables.map { variable in
      let plain = variable.description
      guard cache.sharers > 1, variable.symbol.size > 8 else { return plain }
      guard let unit = subject.types?.unit(defining: variable.symbol.address),
        let object = unit.objects[variable.symbol.address],
        let path = path(
          at: Int(clamping: variable.offset), of: object.type, in: unit.types, depth: 0)
      else { return plain }
      let module = variable.symbol.module.map { " [\($0)]" } ?? ""
      return variable.symbol.name + path + module
    }
  }

  /// The way from a variable to the pointer at an offset in it; nil when there is none known.
  private static func path(
    at offset: Int, of type: TypeID, in table: TypeTable, depth: Int
  ) -> String? {
    let type = table.resolved(type)
    guard depth < 8 else { return nil }
    switch table[type] {
    case .pointer: return offset == 0 ? "" : nil
    case .array(let element, _):
      guard let size = table.size(of: element), size > 0 else { return nil }
      let rest = path(at: offset % size, of: element, in: table, depth: depth + 1)
      return rest.map { "[\(offset / size)]" + $0 }
    case .aggregate:
      for member in table.aggregate(type)?.members ?? [] where member.offset <= offset {
        guard let size = table.size(of: member.type), offset < member.offset + size,
          let rest = path(
            at: offset - member.offset, of: member.type, in: table, depth: depth + 1)
        else { continue }
        return (member.name.map { "." + $0 } ?? "") + rest
      }
      return nil
    default: return nil
    }
  }
}

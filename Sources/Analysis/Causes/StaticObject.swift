internal import DebugInfo
internal import Evidence
internal import Memory

/// An object with static storage and a name.
struct StaticObject {
  /// Its name.
  let name: String
  /// The module it belongs to, or nil for the kernel.
  let module: String?
  /// Where it begins.
  let address: VirtualAddress
  /// Its size in bytes, or more where that is not known.
  let size: Int
  /// Its type, where debug information tells, in the table of its compile unit.
  let type: (id: TypeID, table: TypeTable)?

  /// Finds the object at `place`, by its symbol or as one of the source file that has `function`.
  ///
  /// Kernels without `CONFIG_KALLSYMS_ALL` keep no symbols of the objects of modules.
  init?(at place: VirtualAddress, usedBy function: Symbol, in subject: Subject) {
    if let reference = subject.symbols.reference(to: place), reference.symbol.kind == .object {
      let symbol = reference.symbol
      name = symbol.plainName
      module = symbol.module
      address = symbol.address
      size = Int(clamping: symbol.size)
      let unit = subject.types?.unit(defining: symbol.address)
      type = unit.flatMap { unit in
        unit.objects[symbol.address].map { ($0.type, unit.types) }
      }
      return
    }
    guard let unit = subject.types?.unit(defining: function.address) else { return nil }
    let found = unit.objects.values.first { object in
      let size = UInt64(clamping: unit.types.size(of: object.type) ?? 0)
      return place.offset(from: object.address) < size
    }
    guard let found else { return nil }
    name = found.name
    module = function.module
    address = found.address
    size = unit.types.size(of: found.type) ?? 0
    type = (found.type, unit.types)
  }
}

import DebugInfo
import Memory

/// A kernel's memory together with the names and types of what is in it.
struct NamedMemory: Sendable {
  let memory: KernelMemory
  let symbols: SymbolTable
  let types: any TypeSource

  /// The kernel's own symbol of a name.
  func symbol(_ name: String) -> Symbol? {
    symbols.symbols(named: name).first { $0.module == nil }
  }

  /// The address of the kernel's own symbol of a name.
  func address(of name: String) -> VirtualAddress? { symbol(name)?.address }

  /// The value of a variable, or nil when there is none of this name or it cannot be read.
  func value<Value: FixedWidthInteger & BitwiseCopyable>(
    of name: String, as _: Value.Type = Value.self
  ) -> Value? {
    guard let address = address(of: name) else { return nil }
    return try? memory.load(Value.self, at: address)
  }

  /// The value of an unsigned variable that has 4 bytes in some kernels and 8 in others.
  func integer(_ name: String) -> UInt64? {
    symbol(name)?.size == 4
      ? value(of: name, as: UInt32.self).map(UInt64.init) : value(of: name, as: UInt64.self)
  }

  /// The type of a variable and the table that describes it.
  func type(of name: String) -> (table: TypeTable, id: TypeID)? {
    guard let address = address(of: name), let unit = types.unit(defining: address),
      let object = unit.objects[address]
    else { return nil }
    return (unit.types, unit.types.resolved(object.type))
  }
}

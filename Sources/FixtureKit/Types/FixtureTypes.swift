public import DebugInfo
public import Memory

/// Debug information that a test wrote down, in place of a vmlinux.
///
///     let types = FixtureTypes { types in
///       types.unit("fs/seq_file.c") { unit in
///         unit.structure("list_head") {
///           $0.member("next", .pointer(.structure("list_head")))
///           $0.member("prev", .pointer(.structure("list_head")))
///         }
///         unit.function("single_start", at: VirtualAddress(0xffff_ffff_8130_0000),
///           returns: .voidPointer, [.pointer(.structure("seq_file")), .pointer(.long)])
///       }
///     }
///
/// All anchors are taken as known: a name is looked for in the units that define the anchors, then
/// in the others in the order they were declared.
public struct FixtureTypes: TypeSource {
  /// The units, in the order they were declared.
  public struct Declarations {
    var units: [FixtureUnit] = []

    /// Declares a unit of the kernel or a module.
    public mutating func unit(
      _ name: String, module: String? = nil, _ declare: (inout FixtureUnit) -> Void
    ) {
      var unit = FixtureUnit(name, module: module)
      declare(&unit)
      units.append(unit)
    }
  }

  /// The units, in the order they were declared.
  public let units: [CompileUnit]
  /// The names of all functions and objects that the units define.
  public let symbols: SymbolTable
  private let lines: [VirtualAddress: SourceLine]

  /// Collects units.
  public init(_ declare: (inout Declarations) -> Void) {
    var declarations = Declarations()
    declare(&declarations)
    units = declarations.units.map(\.compileUnit)
    var symbols = SymbolTableBuilder()
    for symbol in declarations.units.flatMap(\.symbols) { symbols.add(symbol) }
    self.symbols = SymbolTable(symbols)
    var lines: [VirtualAddress: SourceLine] = [:]
    for function in units.flatMap(\.functions.values) {
      guard let file = function.file, let line = function.line else { continue }
      lines[function.address] = SourceLine(file: file, line: line)
    }
    self.lines = lines
  }

  /// One unit with these declarations.
  public static func unit(
    _ name: String = "fixture.c", _ declare: (inout FixtureUnit) -> Void
  ) -> FixtureTypes {
    FixtureTypes { $0.unit(name, declare) }
  }

  /// The unit that declared a function or object at exactly this address.
  public func unit(defining address: VirtualAddress) -> CompileUnit? {
    units.first { $0.functions[address] != nil || $0.objects[address] != nil }
  }

  /// The complete structure or union with this tag, of the first unit that has it.
  public func structure(_ name: String, near anchors: [String]) -> Structure? {
    first(near: anchors) { $0.structure(named: name) }
  }

  /// The value of an enumeration constant, of the first unit that has it.
  public func enumerator(_ name: String, near anchors: [String]) -> Int64? {
    first(near: anchors) { $0.enumerator(named: name) }
  }

  /// Whether any unit has a type with this `typedef` name.
  public func hasAlias(_ name: String, near anchors: [String]) -> Bool {
    first(near: anchors) { $0.alias(named: name) } != nil
  }

  /// The line that a function was declared with, at its first address only.
  public func sourceLine(of address: VirtualAddress) -> SourceLine? { lines[address] }

  private func first<Result>(
    near anchors: [String], _ find: (TypeTable) -> Result?
  ) -> Result? {
    for anchor in anchors {
      let defines = units.filter { $0.functions.values.contains { $0.name == anchor } }
      for unit in defines { if let found = find(unit.types) { return found } }
    }
    for unit in units { if let found = find(unit.types) { return found } }
    return nil
  }
}

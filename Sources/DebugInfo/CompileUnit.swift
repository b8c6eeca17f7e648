public import Memory

/// A function or object that a compile unit defines.
public struct Definition: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Where it lies in the running kernel.
  public let address: VirtualAddress
  /// Its type: of shape `.function` for a function.
  public let type: TypeID
  /// The source file that declares it, as the compiler was given it, if known.
  public let file: String?
  /// The line in that file, counted from 1, if known.
  public let line: Int?

  /// Describes a definition.
  public init(name: String, address: VirtualAddress, type: TypeID, file: String?, line: Int?) {
    self.name = name
    self.address = address
    self.type = type
    self.file = file
    self.line = line
  }
}

/// What the debug information says about one source file: its types, functions and objects.
public struct CompileUnit: Sendable {
  /// The path of the source file, as the compiler was given it.
  public let name: String
  /// The types it uses.
  public let types: TypeTable
  /// The functions it defines with code of their own, by address.
  public let functions: [VirtualAddress: Definition]
  /// The objects with static storage that it defines, by address.
  public let objects: [VirtualAddress: Definition]

  /// Describes a unit.
  public init(name: String, types: TypeTable, functions: [Definition], objects: [Definition]) {
    self.name = name
    self.types = types
    self.functions = Dictionary(
      functions.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    self.objects = Dictionary(
      objects.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

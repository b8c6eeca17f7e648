public import DebugInfo
public import Memory

/// A compile unit as a test declares it: types, functions and objects.
public struct FixtureUnit {
  let name: String
  private let module: String?
  /// The names of what it defines, for a symbol table.
  private(set) var symbols: [Symbol] = []
  private var types = TypeTableBuilder()
  private var functions: [Definition] = []
  private var objects: [Definition] = []

  /// Starts an empty unit of the kernel or a module.
  public init(_ name: String, module: String? = nil) {
    self.name = name
    self.module = module
  }

  /// Declares `struct name`; without a size it is as large as its members need.
  public mutating func structure(
    _ name: String, size: Int? = nil, _ members: (inout MemberList) -> Void
  ) {
    var list = MemberList(isUnion: false)
    members(&list)
    types.complete(.structure(name), with: list, size: size)
  }

  /// Declares `union name`; without a size it is as large as its members need.
  public mutating func union(
    _ name: String, size: Int? = nil, _ members: (inout MemberList) -> Void
  ) {
    var list = MemberList(isUnion: true)
    members(&list)
    types.complete(.union(name), with: list, size: size)
  }

  /// Declares `enum name`, or one without a tag, of 4 bytes.
  public mutating func enumeration(
    _ name: String? = nil, _ enumerators: KeyValuePairs<String, Int64>
  ) {
    types.declare(
      Enumeration(
        name: name, enumerators: enumerators.map { Enumerator(name: $0.key, value: $0.value) }))
  }

  /// Declares a `typedef`.
  public mutating func alias(_ name: String, of type: CType) { types.declare(name, of: type) }

  /// Defines a function with `size` bytes of code at `address`.
  public mutating func function(
    _ name: String, at address: VirtualAddress, returns: CType = .void, _ parameters: [CType] = [],
    isVariadic: Bool = false, line: Int? = nil, size: UInt64 = 0x40
  ) {
    let type = types.id(.function(returns: returns, parameters, isVariadic: isVariadic))
    functions.append(
      Definition(name: name, address: address, type: type, file: self.name, line: line))
    symbols.append(
      Symbol(name: name, address: address, size: size, kind: .function, module: module))
  }

  /// Defines an object with static storage at `address`.
  public mutating func object(
    _ name: String, _ type: CType, at address: VirtualAddress, line: Int? = nil
  ) {
    let type = types.id(type)
    objects.append(
      Definition(name: name, address: address, type: type, file: self.name, line: line))
    symbols.append(
      Symbol(
        name: name, address: address, size: UInt64(types.size(of: type)), kind: .object,
        module: module))
  }

  /// The unit as debug information would give it.
  public var compileUnit: CompileUnit {
    CompileUnit(name: name, types: types.table, functions: functions, objects: objects)
  }
}

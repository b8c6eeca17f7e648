/// A symbol and its address, as `sym`, `struct` or `rd -s` show them.
public struct ShownSymbol: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Its address.
  public let address: UInt64
  /// The letter that `nm` gives its kind, or nil when it is not shown.
  public let kind: Character?
  /// The module that it is shown to belong to.
  public let module: String?
  /// How many bytes behind its address crash still named it, rather than another symbol.
  public let reach: UInt64

  /// Describes a symbol.
  public init(
    name: String, address: UInt64, kind: Character? = nil, module: String? = nil, reach: UInt64 = 0
  ) {
    self.name = name
    self.address = address
    self.kind = kind
    self.module = module
    self.reach = reach
  }
}

/// A structure that a command printed with its members' values.
public struct ShownStructure: Hashable, Sendable {
  /// A member at the top level, in the order printed.
  public struct Member: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its value when it is printed as a pointer, with `0x`; nil for anything else.
    public let pointer: UInt64?
  }

  /// Its tag.
  public let type: String
  /// Where it lies, or nil when the text does not tell.
  public let address: UInt64?
  /// Its members.
  public var members: [Member] = []

  /// Whether it is nothing but pointers, so that they lie one behind the other.
  public var isAllPointers: Bool { !members.isEmpty && members.allSatisfy { $0.pointer != nil } }
}

/// A row of `mod`.
public struct ModuleRow: Hashable, Sendable {
  /// The address of its `struct module`.
  public let address: UInt64
  /// Its name.
  public let name: String
  /// The address of its code, if shown.
  public let base: UInt64?
  /// Its size in bytes.
  public let size: Int
}

/// A page of a slab, as `kmem -p` or `kmem ADDR` shows it.
public struct PageRow: Hashable, Sendable {
  /// The address of its `struct page`.
  public let descriptor: UInt64
  /// Its physical address.
  public let physical: UInt64
  /// MAPPING, which lies where slabs of Linux 4.18 to 6.1 keep their cache.
  public let mapping: UInt64
  /// Whether its flags say that it is a slab's first page.
  public let isSlab: Bool
}

/// What crash complained about.
public struct ReportedError: Hashable, Sendable {
  /// The command that complained, or `WARNING` or `NOTE`.
  public let command: String
  /// The rest of the line.
  public let message: String
  /// The line, counted from 1.
  public let line: Int
}

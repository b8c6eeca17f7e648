public import Memory

/// What a symbol stands for.
public enum SymbolKind: UInt8, Hashable, Sendable {
  /// Code.
  case function
  /// Data.
  case object
  /// Unknown.
  case other
}

/// A name for an address in the kernel or a module.
public struct Symbol: Hashable, Sendable {
  /// The name.
  public let name: String
  /// Where it lies in the running kernel.
  public let address: VirtualAddress
  /// Its size in bytes; where the source gave none, the distance to the next symbol.
  public let size: UInt64
  /// What it stands for.
  public let kind: SymbolKind
  /// The module it belongs to, or nil for the kernel itself.
  public let module: String?

  /// Describes a symbol.
  public init(
    name: String, address: VirtualAddress, size: UInt64, kind: SymbolKind, module: String? = nil
  ) {
    self.name = name
    self.address = address
    self.size = size
    self.kind = kind
    self.module = module
  }
}

/// An address as a symbol and an offset into it: `name+0x10 [module]`.
public struct SymbolReference: Hashable, Sendable, CustomStringConvertible {
  /// The symbol that covers the address.
  public let symbol: Symbol
  /// How many bytes into it the address lies; less than its size.
  public let offset: UInt64

  /// Names an address.
  public init(symbol: Symbol, offset: UInt64) {
    self.symbol = symbol
    self.offset = offset
  }

  /// The name, with the offset unless it is zero, without the module.
  public var name: String {
    offset == 0 ? symbol.name : symbol.name + "+0x" + String(offset, radix: 16)
  }

  /// The name with its module in brackets.
  public var description: String { symbol.module.map { "\(name) [\($0)]" } ?? name }
}

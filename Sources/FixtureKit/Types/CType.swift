/// A C type as a test writes it; tags and `typedef` names are looked up in the unit that uses it.
public indirect enum CType: Hashable, Sendable {
  /// `void`.
  case void
  /// An integer or boolean of `size` bytes.
  case integer(String, size: Int, isSigned: Bool)
  /// A pointer.
  case pointer(CType)
  /// An array; the count is nil for a flexible array member.
  case array(CType, Int?)
  /// `struct TAG`, incomplete until the unit declares its members.
  case structure(String)
  /// `union TAG`, incomplete until the unit declares its members.
  case union(String)
  /// `enum TAG`, without constants until the unit declares them.
  case enumeration(String)
  /// A `typedef` name that the unit has declared; `void` if it has not.
  case alias(String)
  /// A function type.
  case function(returns: CType, [CType], isVariadic: Bool)

  /// `char`, which is signed here.
  public static let char = CType.integer("char", size: 1, isSigned: true)
  /// `_Bool`.
  public static let bool = CType.integer("_Bool", size: 1, isSigned: false)
  /// `unsigned char`.
  public static let unsignedChar = CType.integer("unsigned char", size: 1, isSigned: false)
  /// `short`.
  public static let short = CType.integer("short", size: 2, isSigned: true)
  /// `unsigned short`.
  public static let unsignedShort = CType.integer("unsigned short", size: 2, isSigned: false)
  /// `int`.
  public static let int = CType.integer("int", size: 4, isSigned: true)
  /// `unsigned int`.
  public static let unsignedInt = CType.integer("unsigned int", size: 4, isSigned: false)
  /// `long`.
  public static let long = CType.integer("long", size: 8, isSigned: true)
  /// `unsigned long`.
  public static let unsignedLong = CType.integer("unsigned long", size: 8, isSigned: false)
  /// `void *`.
  public static let voidPointer = CType.pointer(.void)

  /// A function type with a fixed number of parameters.
  public static func function(returns: CType, _ parameters: [CType]) -> CType {
    .function(returns: returns, parameters, isVariadic: false)
  }

  /// A pointer to a function.
  public static func functionPointer(returns: CType, _ parameters: [CType]) -> CType {
    .pointer(.function(returns: returns, parameters))
  }
}

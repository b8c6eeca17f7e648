/// A type within one `TypeTable`.
public struct TypeID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// The index of the type in its table.
  public let rawValue: Int32

  /// Wraps an index.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// `void`, the same in every table.
  public static let void = TypeID(rawValue: 0)
}

/// What a type is.
///
/// Qualifiers (`const`, `volatile`, …) are left out: no analysis needs them.
public enum TypeShape: Hashable, Sendable {
  /// `void`, or a type that the debug information does not describe.
  case void
  /// An integer, character or boolean of `size` bytes.
  case integer(name: String, size: Int, isSigned: Bool)
  /// A floating-point number of `size` bytes.
  case floating(name: String, size: Int)
  /// A pointer.
  case pointer(to: TypeID)
  /// An array; the count is nil for a flexible array member.
  case array(of: TypeID, count: Int?)
  /// A structure or union, described at this index of `TypeTable.aggregates`.
  case aggregate(Int)
  /// An enumeration of `size` bytes, described at this index of `TypeTable.enumerations`.
  case enumeration(Int, size: Int)
  /// Another name for a type.
  case alias(name: String, of: TypeID)
  /// A function type.
  case function(Prototype)
}

/// The return and parameter types of a function.
public struct Prototype: Hashable, Sendable {
  /// The type returned, `.void` for none.
  public let returns: TypeID
  /// The type of each parameter, in order.
  public let parameters: [TypeID]
  /// Whether further arguments may follow.
  public let isVariadic: Bool

  /// Describes a function type.
  public init(returns: TypeID, parameters: [TypeID], isVariadic: Bool = false) {
    self.returns = returns
    self.parameters = parameters
    self.isVariadic = isVariadic
  }
}

/// A structure or union.
public struct Aggregate: Hashable, Sendable {
  /// Its tag, or nil when it has none.
  public let name: String?
  /// Whether it is a union.
  public let isUnion: Bool
  /// Its size in bytes, or nil when it is only declared in this unit.
  public let size: Int?
  /// Its members in declaration order.
  ///
  /// Those without a name are nested structures or unions.
  public let members: [Member]

  /// Describes a structure or union.
  public init(name: String?, isUnion: Bool = false, size: Int?, members: [Member]) {
    self.name = name
    self.isUnion = isUnion
    self.size = size
    self.members = members
  }
}

/// A member of a structure or union.
public struct Member: Hashable, Sendable {
  /// Its name, or nil for an anonymous structure or union.
  public let name: String?
  /// Its type.
  public let type: TypeID
  /// Where it begins, in bits from the start of the structure.
  public let bitOffset: Int
  /// Its width in bits when it is a bit field.
  public let bitSize: Int?

  /// Describes a member.
  public init(name: String?, type: TypeID, bitOffset: Int, bitSize: Int? = nil) {
    self.name = name
    self.type = type
    self.bitOffset = bitOffset
    self.bitSize = bitSize
  }

  /// Where it begins, in bytes from the start of the structure, rounded down for a bit field.
  public var offset: Int { bitOffset / 8 }
}

/// An enumeration.
public struct Enumeration: Hashable, Sendable {
  /// Its tag, or nil when it has none.
  public let name: String?
  /// Its constants, in declaration order.
  public let enumerators: [Enumerator]

  /// Describes an enumeration.
  public init(name: String?, enumerators: [Enumerator]) {
    self.name = name
    self.enumerators = enumerators
  }
}

/// A constant of an enumeration.
public struct Enumerator: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Its value.
  public let value: Int64

  /// Describes a constant.
  public init(name: String, value: Int64) {
    self.name = name
    self.value = value
  }
}

/// The types of one compile unit, as flat arrays.
///
/// Immutable.
public final class TypeTable: Sendable {
  /// The types; the first is `void`.
  public let shapes: [TypeShape]
  /// The structures and unions.
  public let aggregates: [Aggregate]
  /// The enumerations.
  public let enumerations: [Enumeration]
  /// The complete structures and unions by tag.
  private let aggregatesByName: [String: TypeID]
  private let aliasesByName: [String: TypeID]
  private let enumerators: [String: Int64]

  /// Collects types; `shapes[0]` must be `.void`, and every id and index must be in range.
  public init(shapes: [TypeShape], aggregates: [Aggregate], enumerations: [Enumeration]) {
    precondition(shapes.first == .void, "the first type of a table is void")
    self.shapes = shapes
    self.aggregates = aggregates
    self.enumerations = enumerations
    var aggregatesByName: [String: TypeID] = [:]
    var aliasesByName: [String: TypeID] = [:]
    for (index, shape) in shapes.enumerated() {
      let id = TypeID(rawValue: Int32(index))
      switch shape {
      case .aggregate(let aggregate):
        guard let name = aggregates[aggregate].name, aggregates[aggregate].size != nil else {
          break
        }
        aggregatesByName[name] = aggregatesByName[name] ?? id
      case .alias(let name, _): aliasesByName[name] = aliasesByName[name] ?? id
      default: break
      }
    }
    self.aggregatesByName = aggregatesByName
    self.aliasesByName = aliasesByName
    enumerators = Dictionary(
      enumerations.lazy.flatMap(\.enumerators).map { ($0.name, $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  /// What a type is; `.void` for an id that is not of this table.
  public subscript(id: TypeID) -> TypeShape {
    shapes.indices.contains(Int(id.rawValue)) ? shapes[Int(id.rawValue)] : .void
  }

  /// What a type is once all its other names are resolved.
  public func resolved(_ id: TypeID) -> TypeID {
    var id = id
    // A chain of aliases longer than the table would be a cycle.
    for _ in 0..<shapes.count {
      guard case .alias(_, let target) = self[id] else { return id }
      id = target
    }
    return .void
  }

  /// The structure or union behind a type, through aliases, or nil when it is something else.
  public func aggregate(_ id: TypeID) -> Aggregate? {
    guard case .aggregate(let index) = self[resolved(id)] else { return nil }
    return aggregates[index]
  }

  /// The size of a type in bytes, or nil when it is not complete.
  ///
  /// A pointer has 8.
  public func size(of id: TypeID) -> Int? {
    var id = resolved(id)
    var count = 1
    // An array of more dimensions than the table has types would be one of itself.
    for _ in 0..<shapes.count {
      guard case .array(let element, let elements) = self[id] else { break }
      let (product, overflow) = count.multipliedReportingOverflow(by: elements ?? 0)
      guard elements != nil, !overflow else { return nil }
      count = product
      id = resolved(element)
    }
    let size: Int? =
      switch self[id] {
      case .void, .function, .alias, .array: nil
      case .integer(_, let size, _), .floating(_, let size), .enumeration(_, let size): size
      case .pointer: 8
      case .aggregate(let index): aggregates[index].size
      }
    let (product, overflow) = (size ?? 0).multipliedReportingOverflow(by: count)
    return overflow || size == nil ? nil : product
  }

  /// The complete structure or union with this tag (without `struct`), if the table has one.
  public func structure(named name: String) -> Structure? {
    aggregatesByName[name].map { Structure(table: self, id: $0) }
  }

  /// The type with this `typedef` name, if the table has one.
  public func alias(named name: String) -> TypeID? { aliasesByName[name] }

  /// The value of an enumeration constant, if the table has one of this name.
  public func enumerator(named name: String) -> Int64? { enumerators[name] }
}

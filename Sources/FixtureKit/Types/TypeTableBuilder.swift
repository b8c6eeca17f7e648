import DebugInfo

/// Numbers the C types of a unit and lays out its structures as a C compiler would.
struct TypeTableBuilder {
  private var shapes: [TypeShape] = [.void]
  private var aggregates: [Aggregate] = []
  /// The alignment of each aggregate in bytes.
  private var alignments: [Int] = []
  private var enumerations: [Enumeration] = []
  private var known: [CType: TypeID] = [.void: .void]

  var table: TypeTable {
    TypeTable(shapes: shapes, aggregates: aggregates, enumerations: enumerations)
  }

  /// The number of a type, the same each time it is asked for.
  mutating func id(_ type: CType) -> TypeID {
    if let id = known[type] { return id }
    let shape: TypeShape
    switch type {
    case .void, .alias: return .void
    case .integer(let name, let size, let isSigned):
      shape = .integer(name: name, size: size, isSigned: isSigned)
    case .pointer(let target): shape = .pointer(to: id(target))
    case .array(let element, let count): shape = .array(of: id(element), count: count)
    case .structure(let tag): shape = declare(tag: tag, isUnion: false)
    case .union(let tag): shape = declare(tag: tag, isUnion: true)
    case .enumeration(let tag):
      shape = .enumeration(enumerations.count, size: 4)
      enumerations.append(Enumeration(name: tag, enumerators: []))
    case .function(let returns, let parameters, let isVariadic):
      shape = .function(
        Prototype(
          returns: id(returns), parameters: parameters.map { id($0) }, isVariadic: isVariadic))
    }
    return add(shape, as: type)
  }

  /// The size of a type in bytes, 0 while it is incomplete.
  func size(of id: TypeID) -> Int { measure(id).size }

  /// Gives a structure or union its members.
  mutating func complete(_ type: CType, with members: MemberList, size: Int?) {
    guard case .aggregate(let index) = shapes[Int(id(type).rawValue)] else { return }
    let layout = layOut(members, name: aggregates[index].name, size: size)
    aggregates[index] = layout.aggregate
    alignments[index] = layout.alignment
  }

  /// Gives an enumeration its constants.
  mutating func declare(_ enumeration: Enumeration) {
    guard let tag = enumeration.name else {
      shapes.append(.enumeration(enumerations.count, size: 4))
      enumerations.append(enumeration)
      return
    }
    guard case .enumeration(let index, _) = shapes[Int(id(.enumeration(tag)).rawValue)] else {
      return
    }
    enumerations[index] = enumeration
  }

  /// Gives a type another name.
  mutating func declare(_ alias: String, of type: CType) {
    _ = add(.alias(name: alias, of: id(type)), as: .alias(alias))
  }

  private mutating func add(_ shape: TypeShape, as type: CType?) -> TypeID {
    let id = TypeID(rawValue: Int32(shapes.count))
    shapes.append(shape)
    if let type { known[type] = id }
    return id
  }

  private mutating func declare(tag: String, isUnion: Bool) -> TypeShape {
    aggregates.append(Aggregate(name: tag, isUnion: isUnion, size: nil, members: []))
    alignments.append(1)
    return .aggregate(aggregates.count - 1)
  }

  private mutating func layOut(
    _ list: MemberList, name: String?, size: Int?
  ) -> (aggregate: Aggregate, alignment: Int) {
    var members: [Member] = []
    var next = 0
    var end = 0
    var alignment = 1
    for entry in list.entries {
      let type = id(entry.content)
      let own = measure(type)
      alignment = max(alignment, own.alignment)
      if let bits = entry.bits {
        members.append(
          Member(name: entry.name, type: type, bitOffset: bits.lowerBound, bitSize: bits.count))
        next = (bits.upperBound + 7) / 8
      } else {
        let offset = entry.offset ?? (list.isUnion ? 0 : Self.round(next, to: own.alignment))
        members.append(Member(name: entry.name, type: type, bitOffset: offset * 8))
        next = offset + own.size
      }
      end = max(end, next)
    }
    let size = size ?? Self.round(end, to: alignment)
    return (
      Aggregate(name: name, isUnion: list.isUnion, size: size, members: members), alignment
    )
  }

  private mutating func id(_ content: MemberList.Content) -> TypeID {
    switch content {
    case .type(let type): return id(type)
    case .nested(let list, let size):
      let layout = layOut(list, name: nil, size: size)
      aggregates.append(layout.aggregate)
      alignments.append(layout.alignment)
      return add(.aggregate(aggregates.count - 1), as: nil)
    }
  }

  /// The size and alignment of a type in bytes; an incomplete one takes no room.
  private func measure(_ id: TypeID) -> (size: Int, alignment: Int) {
    switch shapes[Int(id.rawValue)] {
    case .void, .function: return (0, 1)
    case .integer(_, let size, _), .floating(_, let size), .enumeration(_, let size):
      return (size, size)
    case .pointer: return (8, 8)
    case .array(let element, let count):
      let (size, alignment) = measure(element)
      return (size * (count ?? 0), alignment)
    case .alias(_, let target): return measure(target)
    case .aggregate(let index): return (aggregates[index].size ?? 0, alignments[index])
    }
  }

  private static func round(_ value: Int, to alignment: Int) -> Int {
    (value + alignment - 1) / alignment * alignment
  }
}

internal import CElfutils
internal import DebugInfo

/// Collects the types of a compile unit, each once, without recursion: the types that a type refers
/// to are numbered at once and described later.
struct TypeReader {
  private var shapes: [TypeShape] = [.void]
  private var aggregates: [Aggregate] = []
  private var enumerations: [Enumeration] = []
  /// The numbers of the entries seen, by their identity.
  private var numbers: [UInt: TypeID] = [:]
  private var waiting: [(entry: DebugEntry, id: TypeID)] = []
  var names: NameCache
  /// How many more entries are read.
  ///
  /// Damaged debug information can lead over the same entries again and again; no sound unit has as
  /// many.
  private(set) var budget = 4_000_000

  init(names: NameCache) { self.names = names }

  /// Describes what was numbered, and hands over all types.
  mutating func finish() -> TypeTable {
    while let next = waiting.popLast() {
      shapes[Int(next.id.rawValue)] = shape(of: next.entry)
    }
    return TypeTable(shapes: shapes, aggregates: aggregates, enumerations: enumerations)
  }

  /// Takes note that an entry is read; false when too many were.
  mutating func spend() -> Bool {
    guard budget > 0 else { return false }
    budget -= 1
    return true
  }

  /// The number of the type that an entry describes; `.void` for none.
  mutating func id(of entry: DebugEntry?) -> TypeID {
    guard let entry, spend() else { return .void }
    if let known = numbers[entry.identity] { return known }
    let id: TypeID
    if let type = unqualified(entry) {
      id = numbers[type.identity] ?? number(type)
    } else {
      id = .void
    }
    numbers[entry.identity] = id
    return id
  }

  /// The number of the function type that a function's entry describes.
  mutating func prototype(of function: DebugEntry) -> TypeID {
    shapes.append(.void)
    let id = TypeID(rawValue: Int32(shapes.count - 1))
    shapes[Int(id.rawValue)] = functionShape(function)
    return id
  }

  private mutating func number(_ type: DebugEntry) -> TypeID {
    let id = TypeID(rawValue: Int32(shapes.count))
    shapes.append(.void)
    numbers[type.identity] = id
    waiting.append((type, id))
    return id
  }

  /// The type behind qualifiers, nil when they qualify `void`.
  private func unqualified(_ entry: DebugEntry) -> DebugEntry? {
    var entry = entry
    // There are five qualifiers in C; a longer chain is damage.
    for _ in 0..<8 {
      switch entry.tag {
      case DW_TAG_const_type, DW_TAG_volatile_type, DW_TAG_restrict_type, DW_TAG_atomic_type,
        DW_TAG_packed_type:
        guard let target = entry.reference(DW_AT_type) else { return nil }
        entry = target
      default: return entry
      }
    }
    return nil
  }

  private mutating func shape(of entry: DebugEntry) -> TypeShape {
    switch entry.tag {
    case DW_TAG_base_type: return baseShape(entry)
    case DW_TAG_pointer_type, DW_TAG_reference_type:
      return .pointer(to: id(of: entry.reference(DW_AT_type)))
    case DW_TAG_array_type: return arrayShape(entry)
    case DW_TAG_structure_type, DW_TAG_class_type: return aggregateShape(entry, isUnion: false)
    case DW_TAG_union_type: return aggregateShape(entry, isUnion: true)
    case DW_TAG_enumeration_type: return enumerationShape(entry)
    case DW_TAG_typedef:
      return .alias(
        name: entry.text(DW_AT_name, &names) ?? "", of: id(of: entry.reference(DW_AT_type)))
    case DW_TAG_subroutine_type: return functionShape(entry)
    default: return .void
    }
  }

  private mutating func baseShape(_ entry: DebugEntry) -> TypeShape {
    let name = entry.text(DW_AT_name, &names) ?? ""
    let size = entry.byteSize ?? 0
    switch Int(clamping: entry.unsigned(DW_AT_encoding) ?? 0) {
    case DW_ATE_float, DW_ATE_complex_float, DW_ATE_imaginary_float:
      return .floating(name: name, size: size)
    case DW_ATE_signed, DW_ATE_signed_char:
      return .integer(name: name, size: size, isSigned: true)
    default:
      return .integer(name: name, size: size, isSigned: false)
    }
  }

  /// An array of several dimensions is an array of arrays.
  private mutating func arrayShape(_ entry: DebugEntry) -> TypeShape {
    var element = id(of: entry.reference(DW_AT_type))
    var counts: [Int?] = []
    for child in entry.children where child.tag == DW_TAG_subrange_type {
      // More dimensions than any C compiler accepts are damage.
      guard spend(), counts.count < 64 else { break }
      counts.append(child.elementCount)
    }
    for count in counts.dropFirst().reversed() {
      shapes.append(.array(of: element, count: count))
      element = TypeID(rawValue: Int32(shapes.count - 1))
    }
    return .array(of: element, count: counts.first ?? nil)
  }

  private mutating func aggregateShape(_ entry: DebugEntry, isUnion: Bool) -> TypeShape {
    let full = entry.described
    var members: [Member] = []
    for child in full.children where child.tag == DW_TAG_member {
      guard spend() else { break }
      if let member = member(child) { members.append(member) }
    }
    aggregates.append(
      Aggregate(
        name: full.text(DW_AT_name, &names), isUnion: isUnion,
        size: full.flag(DW_AT_declaration) ? nil : full.byteSize, members: members))
    return .aggregate(aggregates.count - 1)
  }

  private mutating func member(_ entry: DebugEntry) -> Member? {
    let type = entry.reference(DW_AT_type)
    guard let bits = entry.memberBits(type: type) else { return nil }
    return Member(
      name: entry.text(DW_AT_name, &names), type: id(of: type), bitOffset: bits.offset,
      bitSize: bits.size)
  }

  private mutating func enumerationShape(_ entry: DebugEntry) -> TypeShape {
    let full = entry.described
    var enumerators: [Enumerator] = []
    for child in full.children where child.tag == DW_TAG_enumerator {
      guard spend() else { break }
      guard let name = child.text(DW_AT_name, &names), let value = child.signed(DW_AT_const_value)
      else { continue }
      enumerators.append(Enumerator(name: name, value: value))
    }
    enumerations.append(
      Enumeration(name: full.text(DW_AT_name, &names), enumerators: enumerators))
    return .enumeration(enumerations.count - 1, size: full.byteSize ?? 4)
  }

  private mutating func functionShape(_ entry: DebugEntry) -> TypeShape {
    let returns = id(of: entry.reference(DW_AT_type))
    var parameters: [TypeID] = []
    var isVariadic = false
    for child in entry.children {
      guard spend() else { break }
      switch child.tag {
      case DW_TAG_formal_parameter: parameters.append(id(of: child.reference(DW_AT_type)))
      case DW_TAG_unspecified_parameters: isVariadic = true
      default: break
      }
    }
    return .function(Prototype(returns: returns, parameters: parameters, isVariadic: isVariadic))
  }
}

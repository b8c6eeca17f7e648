internal import DebugInfo

/// Compares types of different compile units, which have a table each, by what they look like.
enum TypeComparison {
  /// Beyond as many levels of pointers and function types, types are taken as equal.
  private static let deepest = 4

  /// Whether a function of type `function` is called through a pointer to `target`.
  ///
  /// They must be the same, as the kernel's control flow integrity wants it: a pointer to `void`
  /// does not stand for others.
  static func fits(
    _ function: TypeID, of table: TypeTable, pointee target: TypeID, of other: TypeTable
  ) -> Bool {
    guard case .function(let one) = table[table.resolved(function)],
      case .function(let two) = other[other.resolved(target)],
      one.parameters.count == two.parameters.count, one.isVariadic == two.isVariadic
    else { return false }
    return isSame(one.returns, table, two.returns, other, depth: 0)
      && zip(one.parameters, two.parameters).allSatisfy {
        isSame($0, table, $1, other, depth: 0)
      }
  }

  /// Whether two types are the same as far as names, sizes and shapes tell.
  static func isSame(_ one: TypeID, _ table: TypeTable, _ two: TypeID, _ other: TypeTable) -> Bool {
    isSame(one, table, two, other, depth: 0)
  }

  private static func isSame(
    _ one: TypeID, _ table: TypeTable, _ two: TypeID, _ other: TypeTable, depth: Int
  ) -> Bool {
    guard depth < deepest else { return true }
    switch (table[table.resolved(one)], other[other.resolved(two)]) {
    case (.void, .void): return true
    case (.integer(_, let size, let isSigned), .integer(_, let size2, let isSigned2)):
      return size == size2 && isSigned == isSigned2
    case (.floating(_, let size), .floating(_, let size2)): return size == size2
    case (.enumeration(_, let size), .enumeration(_, let size2)): return size == size2
    case (.pointer(let target), .pointer(let target2)):
      return isSame(target, table, target2, other, depth: depth + 1)
    case (.array(let element, _), .array(let element2, _)):
      return isSame(element, table, element2, other, depth: depth + 1)
    case (.aggregate(let index), .aggregate(let index2)):
      let (one, two) = (table.aggregates[index], other.aggregates[index2])
      return one.name == two.name && one.isUnion == two.isUnion
    case (.function(let one), .function(let two)):
      return one.parameters.count == two.parameters.count
        && isSame(one.returns, table, two.returns, other, depth: depth + 1)
        && zip(one.parameters, two.parameters).allSatisfy {
          isSame($0, table, $1, other, depth: depth + 1)
        }
    default: return false
    }
  }
}

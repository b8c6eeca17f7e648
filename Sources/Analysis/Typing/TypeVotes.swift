internal import DebugInfo

/// A word that all objects of a kind share, as a witness of their type.
struct TypeWitness {
  /// What the word leads to.
  enum Target {
    /// A function or object of a unit, and its type there.
    case defined(TypeID, of: CompileUnit)
    /// A place in the same object, so many bytes from its start.
    case itself(Int)
    /// The start of an object of a cache that has these names.
    case object([String])
    /// A place in an object of the same cache, so many bytes from its start.
    case peer(Int)
    /// Something of which only an address is known.
    case address
    /// Nothing: the word is not an address.
    case nothing
  }

  /// Where the word stands, in bytes from the start of the object.
  let offset: Int
  /// What it leads to.
  let target: Target
}

/// A structure that objects may be of.
struct TypeCandidate {
  let structure: Structure
  /// How many witnesses it explains.
  var votes: Int
}

/// Asks the structures of some compile units which of them explain what objects have in common.
///
/// A witness votes for each structure that has, at the witness's offset, a pointer to what the
/// witness leads to. It excludes those that have something there that cannot hold it. Only functions
/// and static objects bring in structures; the other witnesses help to choose among these.
struct TypeVotes {
  private let witnesses: [TypeWitness]

  init(_ witnesses: [TypeWitness]) { self.witnesses = witnesses }

  /// The structures of at most `largest` bytes that at least one witness votes for and none
  /// excludes, once each, in the order of the units.
  func candidates(largest: Int) -> [TypeCandidate] {
    var found: [TypeCandidate] = []
    var positions: [TypeName: Int] = [:]
    for table in tables() {
      for structure in table.structures where structure.size > 0 && structure.size <= largest {
        let votes = count(for: structure, needsSymbol: true)
        guard votes > 0 else { continue }
        let name = TypeName(name: structure.name, size: structure.size)
        if let known = positions[name] {
          found[known].votes = max(found[known].votes, votes)
        } else {
          positions[name] = found.count
          found.append(TypeCandidate(structure: structure, votes: votes))
        }
      }
    }
    return found
  }

  private struct TypeName: Hashable {
    let name: String
    let size: Int
  }

  /// The tables of the units that the witnesses lead to, once each.
  private func tables() -> [TypeTable] {
    var tables: [TypeTable] = []
    for case .defined(_, let unit) in witnesses.map(\.target)
    where !tables.contains(where: { $0 === unit.types }) {
      tables.append(unit.types)
    }
    return tables
  }

  /// The number of witnesses for a structure; 0 when one excludes it, or when a function or static
  /// object is needed among them and there is none.
  func count(for structure: Structure, needsSymbol: Bool = false) -> Int {
    var votes = 0
    var isNamed = false
    for witness in witnesses where witness.offset < structure.size {
      switch opinion(of: witness, on: structure) {
      case .explained:
        votes += 1
        if case .defined = witness.target { isNamed = true }
      case .possible: break
      case .excluded: return 0
      }
    }
    return isNamed || !needsSymbol ? votes : 0
  }

  private enum Opinion: Int { case excluded, possible, explained }

  private func opinion(of witness: TypeWitness, on structure: Structure) -> Opinion {
    var best = Opinion.excluded
    let leaves = structure.leaves(in: witness.offset..<(witness.offset + 1))
    // A number may begin in front of the word or behind its start.
    if case .nothing = witness.target, leaves.isEmpty { return .possible }
    for leaf in leaves {
      let opinion = opinion(of: witness, on: leaf, in: structure)
      if opinion.rawValue > best.rawValue { best = opinion }
    }
    return best
  }

  private func opinion(
    of witness: TypeWitness, on leaf: MemberLeaf, in structure: Structure
  ) -> Opinion {
    let table = structure.table
    guard case .pointer(let pointee) = table[leaf.type] else {
      if case .nothing = witness.target { return .possible }
      // The kernel keeps pointers in `unsigned long` too.
      return leaf.size == 8 ? .possible : .excluded
    }
    let resolved = table.resolved(pointee)
    guard table[resolved] != .void else { return .possible }
    if case .defined(let type, let unit) = witness.target,
      case .function = unit.types[unit.types.resolved(type)]
    {
      return TypeComparison.fits(type, of: unit.types, pointee: resolved, of: table)
        ? .explained : .excluded
    }
    if case .nothing = witness.target { return .excluded }
    // From here on it leads to data, as all pointers but those to functions do.
    if case .function = table[resolved] { return .excluded }
    return leads(witness.target, to: resolved, in: structure) ? .explained : .possible
  }

  private func leads(
    _ target: TypeWitness.Target, to pointee: TypeID, in structure: Structure
  ) -> Bool {
    switch target {
    case .defined(let type, let unit):
      unit.types.leads(from: type, to: pointee, of: structure.table)
    case .itself(let offset): structure.holds(pointee, at: offset)
    case .object(let names):
      structure.table.aggregate(pointee)?.name.map { type in
        names.contains { CacheContents.isOf(type, cacheNamed: $0) }
      } ?? false
    case .peer(let offset): structure.holds(pointee, at: offset)
    case .address, .nothing: false
    }
  }
}

extension Structure {
  /// Whether a member at an offset is of a structure type, such as the head of an empty list.
  fileprivate func holds(_ type: TypeID, at offset: Int, depth: Int = 0) -> Bool {
    guard depth < 16, case .aggregate = table[type] else { return false }
    for member in aggregate.members {
      let own = table.resolved(member.type)
      guard case .aggregate = table[own] else { continue }
      let inside = offset.subtractingReportingOverflow(member.offset)
      guard !inside.overflow, inside.partialValue >= 0,
        inside.partialValue < table.size(of: own) ?? 0
      else { continue }
      if inside.partialValue == 0, own == type { return true }
      let nested = Structure(table: table, id: own)
      if nested.holds(type, at: inside.partialValue, depth: depth + 1) { return true }
    }
    return false
  }
}

extension TypeTable {
  /// The complete structures that have a tag.
  var structures: [Structure] {
    shapes.indices.compactMap { index in
      guard case .aggregate(let aggregate) = shapes[index], aggregates[aggregate].name != nil,
        aggregates[aggregate].size != nil, !aggregates[aggregate].isUnion
      else { return nil }
      return Structure(table: self, id: TypeID(rawValue: Int32(index)))
    }
  }

  /// Whether an object of type `object` begins with one of type `wanted`: is one, or is an array
  /// or structure that has one in front.
  fileprivate func leads(from object: TypeID, to wanted: TypeID, of other: TypeTable) -> Bool {
    var type = resolved(object)
    for _ in 0..<16 {
      if TypeComparison.isSame(type, self, wanted, other) { return true }
      switch self[type] {
      case .array(let element, _): type = resolved(element)
      case .aggregate(let index):
        guard let first = aggregates[index].members.first, first.bitOffset == 0 else {
          return false
        }
        type = resolved(first.type)
      default: return false
      }
    }
    return false
  }
}

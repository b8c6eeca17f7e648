/// A complete structure or union, with the table that describes its members' types.
public struct Structure: Sendable {
  /// The table that holds it.
  public let table: TypeTable
  /// Its type in that table.
  public let id: TypeID

  /// Names a structure of a table.
  public init(table: TypeTable, id: TypeID) {
    self.table = table
    self.id = id
  }

  /// Its description.
  public var aggregate: Aggregate {
    table.aggregate(id) ?? Aggregate(name: nil, size: nil, members: [])
  }

  /// Its tag, or an empty string when it has none.
  public var name: String { aggregate.name ?? "" }

  /// Its size in bytes.
  public var size: Int { aggregate.size ?? 0 }

  /// Finds a member by a path such as `oo.x`, looking into structures and unions without a name.
  ///
  /// The member's offset counts from the start of this structure. Returns nil when a step of the
  /// path is not there.
  public func member(_ path: String) -> Member? {
    var owner = id
    var bitOffset = 0
    var found: Member?
    for step in path.split(separator: ".") {
      var search = MemberSearch(name: String(step), table: table)
      guard let member = search.find(in: owner, depth: 0) else { return nil }
      bitOffset &+= member.bitOffset
      owner = member.type
      found = Member(
        name: member.name, type: member.type, bitOffset: bitOffset, bitSize: member.bitSize)
    }
    return found
  }

  /// Where the member at `path` begins, in bytes, or nil when there is no such member.
  public func offset(_ path: String) -> Int? { member(path)?.offset }
}

/// A search for a member by name through structures and unions without a name.
private struct MemberSearch {
  let name: String
  let table: TypeTable
  /// How many more structures are looked into.
  ///
  /// Anonymous members nest a few levels in the kernel. A deeper chain, or thousands of nested
  /// structures, are damaged debug information that may lead in circles.
  private var budget = 4096

  init(name: String, table: TypeTable) {
    self.name = name
    self.table = table
  }

  mutating func find(in owner: TypeID, depth: Int) -> Member? {
    budget -= 1
    guard depth < 16, budget > 0, let aggregate = table.aggregate(owner) else { return nil }
    for member in aggregate.members {
      if member.name == name { return member }
      guard member.name == nil, let inner = find(in: member.type, depth: depth + 1)
      else { continue }
      return Member(
        name: inner.name, type: inner.type, bitOffset: member.bitOffset &+ inner.bitOffset,
        bitSize: inner.bitSize)
    }
    return nil
  }
}

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
      guard let member = Self.find(String(step), in: owner, of: table, depth: 0) else { return nil }
      bitOffset += member.bitOffset
      owner = member.type
      found = Member(
        name: member.name, type: member.type, bitOffset: bitOffset, bitSize: member.bitSize)
    }
    return found
  }

  /// Where the member at `path` begins, in bytes, or nil when there is no such member.
  public func offset(_ path: String) -> Int? { member(path)?.offset }

  private static func find(
    _ name: String, in owner: TypeID, of table: TypeTable, depth: Int
  ) -> Member? {
    // Anonymous members nest a few levels in the kernel; a deeper chain is damaged debug info.
    guard depth < 16, let aggregate = table.aggregate(owner) else { return nil }
    for member in aggregate.members {
      if member.name == name { return member }
      guard member.name == nil,
        let inner = find(name, in: member.type, of: table, depth: depth + 1)
      else { continue }
      return Member(
        name: inner.name, type: inner.type, bitOffset: member.bitOffset + inner.bitOffset,
        bitSize: inner.bitSize)
    }
    return nil
  }
}

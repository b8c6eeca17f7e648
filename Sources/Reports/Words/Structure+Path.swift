internal import DebugInfo

extension Structure {
  /// The innermost member that covers a byte, such as `f_path.dentry` or `slots[3]`, or nil when
  /// the byte is padding or outside.
  func path(at offset: Int) -> String? {
    Self.path(at: offset, in: id, of: table, depth: 0)
  }

  /// Structures nest a few levels in the kernel; deeper ones are damaged debug information.
  private static let deepest = 16

  private static func path(
    at offset: Int, in type: TypeID, of table: TypeTable, depth: Int
  ) -> String? {
    guard depth < deepest, let aggregate = table.aggregate(type) else { return nil }
    for member in aggregate.members {
      let (into, overflow) = offset.subtractingReportingOverflow(member.offset)
      guard !overflow, into >= 0, into < width(of: member, in: table) else { continue }
      let (suffix, inner, rest) = element(at: into, of: member.type, in: table)
      let below = path(at: rest, in: inner, of: table, depth: depth + 1)
      guard let name = member.name else {
        // A byte that an anonymous member only pads may be named by one beside it in a union.
        if let below { return below }
        continue
      }
      return name + suffix + (below.map { "." + $0 } ?? "")
    }
    return nil
  }

  private static func width(of member: Member, in table: TypeTable) -> Int {
    // A flexible array goes on to the end of the object.
    if case .array(_, nil) = table[table.resolved(member.type)] { return .max }
    return table.size(of: member.type) ?? 0
  }

  /// The array element that a byte of a member lies in, as a suffix, a type and an offset.
  private static func element(
    at offset: Int, of type: TypeID, in table: TypeTable
  ) -> (suffix: String, type: TypeID, offset: Int) {
    var (type, offset, suffix) = (type, offset, "")
    for _ in 0..<deepest {
      guard case .array(let inner, _) = table[table.resolved(type)],
        let size = table.size(of: inner), size > 0
      else { break }
      suffix += "[\(offset / size)]"
      (type, offset) = (inner, offset % size)
    }
    return (suffix, type, offset)
  }
}

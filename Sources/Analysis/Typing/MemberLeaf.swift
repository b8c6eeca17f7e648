public import DebugInfo

/// A member that holds a number or pointer, found by its place in an object.
public struct MemberLeaf: Hashable, Sendable {
  /// How it is reached from the object, such as `f_path.dentry` or `counters[2]`.
  public let path: String
  /// Its type, in the structure's table.
  public let type: TypeID
  /// Where it begins, in bytes from the start of the object.
  public let offset: Int
  /// Its size in bytes; of a bit field that of the integer it is declared with.
  public let size: Int

  /// Describes a member.
  public init(path: String, type: TypeID, offset: Int, size: Int) {
    self.path = path
    self.type = type
    self.offset = offset
    self.size = size
  }
}

extension Structure {
  /// The members without parts that begin in `bytes`, counted from the start of the structure: one
  /// behind the other, or several in one place where a union has them.
  public func leaves(in bytes: Range<Int>) -> [MemberLeaf] {
    var search = LeafSearch(table: table, bytes: bytes)
    search.visit(id, at: 0, path: "", depth: 0)
    return search.leaves
  }
}

/// A walk through the members of a structure, and theirs, bounded for damaged debug information.
private struct LeafSearch {
  /// Types nest a few levels in the kernel.
  private static let deepest = 16
  /// A union of structures has as many members in one place; more are not looked at.
  private static let mostLeaves = 64
  /// No element of an array is larger than this many bytes.
  private static let largest = 1 << 30
  /// How many members are looked at before a walk is given up.
  private static let mostMembers = 1 << 16

  let table: TypeTable
  let bytes: Range<Int>
  private(set) var leaves: [MemberLeaf] = []
  private var seen = 0

  init(table: TypeTable, bytes: Range<Int>) {
    self.table = table
    self.bytes = bytes
  }

  mutating func visit(_ type: TypeID, at base: Int, path: String, depth: Int) {
    guard depth < Self.deepest, leaves.count < Self.mostLeaves, base < bytes.upperBound else {
      return
    }
    let type = table.resolved(type)
    switch table[type] {
    case .aggregate(let index):
      for member in table.aggregates[index].members {
        visit(member, at: base, path: path, depth: depth)
      }
    case .array(let element, let count):
      visitElements(element, count: count ?? 0, at: base, path: path, depth: depth)
    case .void, .function, .alias: break
    default:
      if bytes.contains(base), let size = table.size(of: type) {
        leaves.append(MemberLeaf(path: path, type: type, offset: base, size: size))
      }
    }
  }

  private mutating func visit(_ member: Member, at base: Int, path: String, depth: Int) {
    seen += 1
    guard seen < Self.mostMembers else { return }
    let (start, overflow) = base.addingReportingOverflow(member.offset)
    guard !overflow, start < bytes.upperBound else { return }
    let size = max(1, table.size(of: member.type) ?? 0)
    let (end, isHuge) = start.addingReportingOverflow(size)
    guard isHuge || end > bytes.lowerBound else { return }
    let path = member.name.map { path.isEmpty ? $0 : "\(path).\($0)" } ?? path
    visit(member.type, at: start, path: path, depth: depth + 1)
  }

  private mutating func visitElements(
    _ element: TypeID, count: Int, at base: Int, path: String, depth: Int
  ) {
    guard let size = table.size(of: element), (1...Self.largest).contains(size) else { return }
    let first = max(0, (bytes.lowerBound - base) / size)
    let end = min(count, (bytes.upperBound - base + size - 1) / size, first + Self.mostLeaves)
    for index in first..<max(first, end) {
      visit(element, at: base + index * size, path: "\(path)[\(index)]", depth: depth + 1)
    }
  }
}

internal import DebugInfo

/// Where a structure of file operations keeps the functions that open and close a file.
struct OperationsLayout {
  /// A member by name, and where it begins in bytes.
  struct Slot {
    let name: String
    let offset: Int
  }

  /// The tag of the structure.
  let structure: String
  let open: Slot
  let release: Slot
  /// The size of the structure in bytes.
  let size: Int

  /// Takes `struct proc_ops` (files of /proc since d56c0d45f0e2, "proc: decouple proc from VFS with
  /// "struct proc_ops"", v5.6) or `struct file_operations`; nil for any other structure.
  init?(_ structure: Structure) {
    let prefix: String
    switch structure.name {
    case "proc_ops": prefix = "proc_"
    case "file_operations": prefix = ""
    default: return nil
    }
    guard let open = structure.offset(prefix + "open"),
      let release = structure.offset(prefix + "release"), open >= 0, release >= 0
    else { return nil }
    self.structure = structure.name
    self.open = Slot(name: prefix + "open", offset: open)
    self.release = Slot(name: prefix + "release", offset: release)
    size = structure.size
  }

  /// Finds the structure of file operations within an object of some type whose `open` is `offset`
  /// bytes from the object's start, and where that structure begins.
  static func within(
    _ type: TypeID, of table: TypeTable, openAt offset: Int
  ) -> (layout: OperationsLayout, start: Int)? {
    var (type, start) = (type, 0)
    // Structures nest a few levels; a deeper nest is damaged debug information.
    for _ in 0..<16 {
      type = table.resolved(type)
      if case .array(let element, _) = table[type] {
        guard let size = table.size(of: element), size > 0 else { return nil }
        start += (offset - start) / size * size
        type = element
        continue
      }
      guard let aggregate = table.aggregate(type) else { return nil }
      if let layout = OperationsLayout(Structure(table: table, id: type)) {
        return layout.open.offset == offset - start ? (layout, start) : nil
      }
      let before = aggregate.members.filter { (0...(offset - start)).contains($0.offset) }
      guard let member = before.max(by: { $0.offset < $1.offset }) else { return nil }
      start += member.offset
      type = member.type
    }
    return nil
  }

  /// The layouts that a kernel knows, for tables whose own type is not described.
  static func known(to types: any TypeSource) -> [OperationsLayout] {
    [
      types.structure("proc_ops", near: ["proc_reg_open", "proc_create"]),
      types.structure("file_operations", near: ["single_open", "vfs_open"]),
    ].compactMap { $0.flatMap { OperationsLayout($0) } }
  }
}

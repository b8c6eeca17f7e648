internal import DebugInfo
internal import Evidence
internal import Memory

/// A static `struct proc_ops` or `struct file_operations`.
struct OperationsTable {
  /// The object that it is or is a part of; nil where nothing tells the object's name.
  let object: StaticObject?
  /// Where it begins.
  let address: VirtualAddress
  /// Its members for opening and closing.
  let layout: OperationsLayout

  /// Finds the table whose `open` is at `place`, where the address of `opener` stands.
  init?(openAt place: VirtualAddress, of opener: Symbol, in subject: Subject) {
    let object = StaticObject(at: place, usedBy: opener, in: subject)
    if let object, let type = object.type {
      guard let offset = Int(exactly: place.offset(from: object.address)),
        let found = OperationsLayout.within(type.id, of: type.table, openAt: offset)
      else { return nil }
      layout = found.layout
      address = object.address.advanced(by: found.start)
    } else {
      let layouts = subject.types.map { OperationsLayout.known(to: $0) } ?? []
      let fitting = layouts.filter {
        let start = place.advanced(by: -$0.open.offset)
        guard let object else { return Self.isClosed(start, $0, in: subject) }
        return start == object.address && $0.size <= object.size
      }
      guard let found = fitting.first, fitting.count == 1 else { return nil }
      layout = found
      address = place.advanced(by: -found.open.offset)
    }
    self.object = object
  }

  /// Whether what may be a table has a function of fs/seq_file.c for closing a file.
  ///
  /// Lists of a module's functions, such as its symbols, have only functions of its own.
  private static func isClosed(
    _ start: VirtualAddress, _ layout: OperationsLayout, in subject: Subject
  ) -> Bool {
    guard
      let function = try? subject.memory.pointer(
        at: start.advanced(by: layout.release.offset)),
      let reference = subject.symbols.reference(to: function), reference.offset == 0,
      reference.symbol.module == nil
    else { return false }
    return ["single_release", "seq_release"].contains(reference.symbol.plainName)
  }

  /// Its name, or where that is not known, that of its type.
  var name: String {
    guard let object else { return layout.structure }
    let offset = address.offset(from: object.address)
    return offset == 0 ? object.name : "\(object.name)+0x" + String(offset, radix: 16)
  }

  /// Its member for closing, by the table's name and its own: `tm_ops.proc_release`.
  var releasePath: String { "\(name).\(layout.release.name)" }
}

import DebugInfo
import Memory

/// A module's sysfs files of one kind, each of which stands for a section: `sections/` or `notes/`.
struct AttributeList: Sendable {
  /// A file: the name of a section, where it was loaded, and how large it is where that is kept.
  struct Attribute: Sendable {
    let name: String
    let address: VirtualAddress
    let size: UInt64?
  }

  /// How the files are listed.
  private enum Form {
    /// A count and an array of `stride` bytes an element.
    case counted(count: Int, array: Int, stride: Int)
    /// An array of pointers that ends with NULL: `grp.bin_attrs` (d8959b947a8d, "module: sysfs: Drop
    /// member 'module_sect_attrs::nsections'", and 4723f16de64e for notes, both v6.14).
    case terminated(array: Int)
  }

  /// Where `struct module` has the pointer to the list.
  private let pointer: Int
  private let form: Form
  /// Where the parts of a file are in its element.
  private let name: Int
  private let address: Int
  private let size: Int?

  /// Finds out how a structure lists the files; nil when the debug information does not tell.
  ///
  /// `count` is the member that counted them once.
  init?(
    at pointer: Int, count: String, of structure: String, in kernel: NamedMemory,
    near functions: [String]
  ) {
    guard let list = kernel.types.structure(structure, near: functions),
      let array = list.member("attrs"),
      case .array(let element, _) = list.table[list.table.resolved(array.type)]
    else { return nil }
    let file = Structure(table: list.table, id: element)
    self.pointer = pointer
    guard let count = list.offset(count) else {
      guard let files = list.offset("grp.bin_attrs"), let name = file.offset("attr.name"),
        let address = file.offset("private")
      else { return nil }
      form = .terminated(array: files)
      (self.name, self.address, size) = (name, address, file.offset("size"))
      return
    }
    // `battr` since ed66f991bb19 ("module: Refactor section attr into bin attribute"), v5.8; files
    // of notes have always been a `struct bin_attribute`.
    guard (1...4096).contains(file.size),
      let name = file.offset("battr.attr.name") ?? file.offset("attr.name") ?? file.offset("name"),
      let address = file.offset("address") ?? file.offset("private")
    else { return nil }
    form = .counted(count: count, array: array.offset, stride: file.size)
    (self.name, self.address, size) = (name, address, file.offset("size"))
  }

  /// The first `limit` files of the module whose `struct module` is at `module`.
  ///
  /// Throws why they cannot be read.
  func read(
    ofModule module: VirtualAddress, from memory: KernelMemory, limit: Int
  ) throws(Absence) -> [Attribute] {
    let list = try memory.pointer(at: module.advanced(by: pointer))
    guard list.rawValue != 0 else { return [] }
    var files: [Attribute] = []
    switch form {
    case .counted(let count, let array, let stride):
      let number = try memory.load(UInt32.self, at: list.advanced(by: count))
      for index in 0..<min(Int(number), limit) {
        files.append(try file(at: list.advanced(by: array + index * stride), in: memory))
      }
    case .terminated(let array):
      let pointers = try memory.pointer(at: list.advanced(by: array))
      for index in 0..<limit where pointers.rawValue != 0 {
        let place = try memory.pointer(at: pointers.advanced(by: index * 8))
        guard place.rawValue != 0 else { break }
        files.append(try file(at: place, in: memory))
      }
    }
    return files
  }

  private func file(
    at place: VirtualAddress, in memory: KernelMemory
  ) throws(Absence) -> Attribute {
    Attribute(
      name: try memory.name(at: try memory.pointer(at: place.advanced(by: name)), limit: 128),
      address: try memory.pointer(at: place.advanced(by: address)),
      size: try size.map { offset throws(Absence) in
        try memory.load(UInt64.self, at: place.advanced(by: offset))
      })
  }
}

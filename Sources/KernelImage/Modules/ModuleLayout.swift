import DebugInfo

/// Where the parts of `struct module` are that lead to a module's memory, sections and symbols.
struct ModuleLayout: Sendable {
  /// Where a module's address ranges are kept.
  enum Ranges: Sendable {
    /// `mem[]`, one for each kind of memory (ac3b43283923, "module: replace module_layout with
    /// module_memory", v6.4).
    case memories(at: Int, stride: Int, count: Int, base: Int, size: Int)
    /// A base and a size for the module and for its initialization: `core_layout` and `init_layout`
    /// (7523e4dc5057, "module: use a structure to encapsulate layout.", v4.5), before that
    /// `module_core`, `core_size` and so on.
    case pairs([(base: Int, size: Int)])
  }

  /// Where the symbols of a module are kept: `struct mod_kallsyms`, or the members of the same names
  /// in `struct module` before 8244062ef1e5 ("modules: fix longstanding /proc/kallsyms vs module
  /// insertion race."), v4.5.
  struct Symbols: Sendable {
    /// Where the pointer to the structure is, or nil when it is `struct module` itself.
    let pointer: Int?
    let table: Int
    let count: Int
    let names: Int
    let hasTypeTable: Bool
  }

  /// The size of `struct module` in bytes.
  let size: Int
  /// Where `list` is.
  let list: Int
  /// Where `name` is, and its size.
  let name: Range<Int>
  let ranges: Ranges
  let perCPU: (base: Int, size: Int)?
  let symbols: Symbols?
  let sections: AttributeList?
  let notes: AttributeList?

  /// Finds the parts; throws when the debug information does not describe modules.
  init(in kernel: NamedMemory) throws(Damage) {
    // kernel/module.c, since v5.18 kernel/module/main.c and sysfs.c.
    let near = ["load_module", "module_put", "mod_sysfs_setup"]
    guard let module = kernel.types.structure("module", near: near),
      let list = module.offset("list"), let name = module.member("name"),
      let nameSize = module.table.size(of: name.type), nameSize > 0, name.offset >= 0,
      (1...(1 << 16)).contains(module.size), let ranges = Self.ranges(of: module)
    else { throw Damage("the debug information does not describe modules") }
    size = module.size
    self.list = list
    self.name = name.offset..<(name.offset + min(nameSize, 256))
    self.ranges = ranges
    if let base = module.offset("percpu"), let size = module.offset("percpu_size") {
      perCPU = (base, size)
    } else {
      perCPU = nil
    }
    symbols = Self.symbols(
      of: module, described: kernel.types.structure("mod_kallsyms", near: near))
    // These are private to kernel/module/sysfs.c, or kernel/module.c before v5.18.
    let sysfs = ["mod_sysfs_setup", "mod_sysfs_teardown", "load_module"]
    sections = module.offset("sect_attrs").flatMap {
      AttributeList(at: $0, count: "nsections", of: "module_sect_attrs", in: kernel, near: sysfs)
    }
    notes = module.offset("notes_attrs").flatMap {
      AttributeList(at: $0, count: "notes", of: "module_notes_attrs", in: kernel, near: sysfs)
    }
  }

  private static func ranges(of module: Structure) -> Ranges? {
    if let memories = module.member("mem"),
      case .array(let element, let count?) = module.table[module.table.resolved(memories.type)]
    {
      let memory = Structure(table: module.table, id: element)
      guard let base = memory.offset("base"), let size = memory.offset("size"),
        (1...module.size).contains(memory.size)
      else { return nil }
      return .memories(
        at: memories.offset, stride: memory.size, count: min(max(count, 0), 64), base: base,
        size: size)
    }
    let names = [
      ("core_layout.base", "core_layout.size"), ("init_layout.base", "init_layout.size"),
      ("data_layout.base", "data_layout.size"), ("module_core", "core_size"),
      ("module_init", "init_size"),
    ]
    let pairs = names.compactMap { base, size -> (base: Int, size: Int)? in
      guard let base = module.offset(base), let size = module.offset(size) else { return nil }
      return (base, size)
    }
    return pairs.isEmpty ? nil : .pairs(pairs)
  }

  private static func symbols(of module: Structure, described: Structure?) -> Symbols? {
    let pointer = module.offset("kallsyms")
    guard let owner = pointer == nil ? module : described,
      let table = owner.offset("symtab"), let count = owner.offset("num_symtab"),
      let names = owner.offset("strtab")
    else { return nil }
    return Symbols(
      pointer: pointer, table: table, count: count, names: names,
      hasTypeTable: owner.offset("typetab") != nil)
  }
}

import ByteKit
public import DebugInfo
import Memory

/// The modules that were loaded when the dump was taken.
///
/// One that cannot be read costs itself; what is missing of it is in its `damage`.
public struct ModuleList: Sendable {
  /// The modules, in the kernel's order: the one loaded last comes first.
  public let modules: [LoadedModule]
  /// What is wrong with the list itself.
  public let damage: [Damage]
  private let memory: KernelMemory?
  private let layout: ModuleLayout?

  /// No kernel has more modules, with more sections and symbols in all.
  private static let most = 10_000
  private static let mostSections = 1 << 18
  private static let mostSymbols = 1 << 22

  /// No modules.
  public init() { (modules, damage, memory, layout) = ([], [], nil, nil) }

  /// Reads the list of a kernel, which is empty when the kernel has no loadable modules.
  init(in kernel: NamedMemory) {
    memory = kernel.memory
    guard let head = kernel.address(of: "modules") else {
      (modules, damage, layout) = ([], [], nil)
      return
    }
    let layout: ModuleLayout
    do throws(Damage) {
      layout = try ModuleLayout(in: kernel)
    } catch {
      (modules, damage, self.layout) = ([], [error], nil)
      return
    }
    self.layout = layout
    let walk = ListWalk(
      circle: head, offset: layout.list, in: kernel.memory, of: kernel.memory.machine,
      limit: Self.most)
    var sections = 0
    modules = walk.entries.map { place in
      let module = Self.module(
        at: place, layout, in: kernel.memory, sectionLimit: Self.mostSections - sections)
      sections += module.sections.count
      return module
    }
    damage = walk.damage(of: "the list of modules")
  }

  private static func module(
    at address: VirtualAddress, _ layout: ModuleLayout, in memory: KernelMemory,
    sectionLimit: Int
  ) -> LoadedModule {
    let bytes: Bytes
    do throws(Absence) {
      bytes = try memory.bytes(at: address, count: layout.size)
    } catch {
      var module = LoadedModule(name: "", address: address)
      module.damage.append(Damage("struct module is \(error)", at: address))
      return module
    }
    var module = LoadedModule(
      name: bytes.string(at: layout.name.lowerBound, limit: layout.name.count) ?? "",
      address: address)
    module.ranges = layout.ranges(in: bytes)
    if let perCPU = layout.perCPU { module.perCPU = bytes.range(at: perCPU) }
    do throws(Absence) {
      let sections =
        try layout.sections?.read(ofModule: address, from: memory, limit: sectionLimit) ?? []
      module.sections = sections.map { LoadedModule.Section(name: $0.name, address: $0.address) }
    } catch {
      module.damage.append(Damage("its section addresses are \(error)", at: address))
    }
    do throws(Absence) {
      let notes = try layout.notes?.read(ofModule: address, from: memory, limit: 64) ?? []
      module.buildID = try buildID(in: notes, from: memory)
    } catch {
      module.damage.append(Damage("its notes are \(error)", at: address))
    }
    return module
  }

  private static func buildID(
    in notes: [AttributeList.Attribute], from memory: KernelMemory
  ) throws(Absence) -> String? {
    for note in notes {
      // A module has a few small notes; what is larger is not one.
      guard let size = note.size, size <= 1 << 16 else { continue }
      let bytes = try memory.bytes(at: note.address, count: Int(size))
      if let found = BuildID.find(in: bytes) { return found }
    }
    return nil
  }

  /// Adds the symbols that the kernel keeps of its modules to a builder; returns what is missing.
  ///
  /// `isWanted` tells the modules whose symbols are not known from their files. A kernel without
  /// CONFIG_KALLSYMS keeps none.
  public func addSymbols(
    to builder: inout SymbolTableBuilder, where isWanted: (LoadedModule) -> Bool = { _ in true }
  ) -> [Damage] {
    var damage: [Damage] = []
    var left = Self.mostSymbols
    for module in modules where isWanted(module) {
      do throws(Damage) {
        try addSymbols(of: module, to: &builder, atMost: &left)
      } catch {
        damage.append(error)
      }
    }
    return damage
  }

  /// Adds the symbols of a module; of those that cannot all be read, those that can.
  private func addSymbols(
    of module: LoadedModule, to builder: inout SymbolTableBuilder, atMost left: inout Int
  ) throws(Damage) {
    guard let memory, let symbols = layout?.symbols else { return }
    let read: ModuleKallsyms?
    do throws(Absence) {
      read = try symbols.read(ofModule: module.address, from: memory, atMost: left)
    } catch {
      throw Damage("the symbols of \(module.label) are \(error)", at: module.address)
    }
    guard let kallsyms = read else {
      throw Damage("the symbols of \(module.label) cannot be as many as it says")
    }
    left -= kallsyms.count
    let nameless = kallsyms.add(to: &builder, module: module.name, where: module.contains)
    guard nameless == 0 else {
      throw Damage("\(nameless) symbols of \(module.label) have no name that can be read")
    }
  }
}

extension ModuleLayout {
  /// The ranges of a module that are in use, sorted.
  fileprivate func ranges(in module: Bytes) -> [Range<VirtualAddress>] {
    let pairs: [(base: Int, size: Int)] =
      switch ranges {
      case .pairs(let pairs): pairs
      case .memories(let start, let stride, let count, let base, let size):
        (0..<count).map { (start + $0 * stride + base, start + $0 * stride + size) }
      }
    return pairs.compactMap { module.range(at: $0) }.sorted { $0.lowerBound < $1.lowerBound }
  }
}

extension ModuleLayout.Symbols {
  /// Reads the symbols of a module, or returns nil when they are too many to be true.
  fileprivate func read(
    ofModule module: VirtualAddress, from memory: KernelMemory, atMost limit: Int
  ) throws(Absence) -> ModuleKallsyms? {
    let owner = try pointer.map { offset throws(Absence) in
      try memory.pointer(at: module.advanced(by: offset))
    }
    let place = owner ?? module
    let number = try memory.load(UInt32.self, at: place.advanced(by: count))
    guard number <= limit else { return nil }
    let entries = try memory.bytes(
      at: try memory.pointer(at: place.advanced(by: table)),
      count: Int(number) * ModuleKallsyms.entrySize)
    guard let extent = ModuleKallsyms.namesExtent(of: entries) else { return nil }
    let start = try memory.pointer(at: place.advanced(by: names))
    let strings = memory.prefix(at: start, count: extent)
    memory.noteNamesInTwoPages(strings, at: start)
    return ModuleKallsyms(entries: entries, names: strings, hasTypeTable: hasTypeTable)
  }
}

extension Bytes {
  /// The addresses from the pointer at one offset on, as many as the 32-bit number at another says,
  /// or nil when there are none.
  fileprivate func range(at place: (base: Int, size: Int)) -> Range<VirtualAddress>? {
    guard let base = load(UInt64.self, at: place.base),
      let size = load(UInt32.self, at: place.size), base != 0, size != 0
    else { return nil }
    let end = base.addingReportingOverflow(UInt64(size))
    return end.overflow ? nil : VirtualAddress(base)..<VirtualAddress(end.partialValue)
  }
}

extension KernelMemory {
  /// Tells whoever wants to know it where names begin in one page and end in the next, which may be
  /// far from it in the dump.
  fileprivate func noteNamesInTwoPages(_ names: Bytes, at start: VirtualAddress) {
    let first = pageSize.bytes - pageSize.offset(of: start)
    for border in stride(from: first, to: names.count, by: pageSize.bytes) {
      var name = border..<border
      while name.lowerBound > 0, names.load(UInt8.self, at: name.lowerBound - 1) != 0 {
        name = name.lowerBound - 1..<border
      }
      while name.upperBound < names.count, names.load(UInt8.self, at: name.upperBound) != 0 {
        name = name.lowerBound..<name.upperBound + 1
      }
      guard name.contains(border), name.lowerBound < border else { continue }
      note(.name, at: start.advanced(by: name.lowerBound), count: name.count)
    }
  }

  /// The bytes from an address on, up to `count` of them or to where memory ends.
  fileprivate func prefix(at address: VirtualAddress, count: Int) -> Bytes {
    if let all = try? bytes(at: address, count: count) { return all }
    var joined: [UInt8] = []
    var next = address
    while joined.count < count {
      let size = min(count - joined.count, pageSize.bytes - pageSize.offset(of: next))
      guard let part = try? bytes(at: next, count: size) else { break }
      joined.append(contentsOf: part.array)
      next = next.advanced(by: size)
    }
    return Bytes(joined)
  }
}

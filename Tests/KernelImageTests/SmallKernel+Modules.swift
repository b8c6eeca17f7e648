import FixtureKit
import Memory

extension SmallKernel {
  /// Puts modules into memory, in this order, and returns where each `struct module` is.
  mutating func addModules(_ modules: [ModuleEra.Module], era: ModuleEra) -> [VirtualAddress] {
    let places = modules.map { _ in object([UInt8](repeating: 0, count: ModuleEra.Offset.size)) }
    let links = places.map { $0.rawValue + UInt64(ModuleEra.Offset.list) }
    let head = variable("modules", bytes(0, 0))
    let next = links.dropFirst() + [head.rawValue]
    overwrite(head, with: bytes(links.first ?? head.rawValue, links.last ?? head.rawValue))
    for ((module, place), next) in zip(zip(modules, places), next) {
      write(contents(of: module, next: next, era: era), at: place)
    }
    return places
  }

  /// Overwrites what is at an address of the kernel's image.
  mutating func overwrite(_ address: VirtualAddress, with bytes: [UInt8]) {
    image.write(bytes, at: PhysicalAddress(address.rawValue &- imageOffset))
  }

  private mutating func contents(
    of module: ModuleEra.Module, next: UInt64, era: ModuleEra
  ) -> [UInt8] {
    typealias Offset = ModuleEra.Offset
    var whole = [UInt8](repeating: 0, count: Offset.size)
    func put(_ part: [UInt8], at offset: Int) {
      whole.replaceSubrange(offset..<(offset + part.count), with: part)
    }
    put(bytes(next), at: Offset.list)
    put(Array(module.name.utf8), at: Offset.name)
    let (core, start) = (module.core, module.initialization ?? 0..<0)
    switch era {
    case .v4_4:
      put(bytes(start.lowerBound, core.lowerBound), at: Offset.ranges)
      put(bytes(of: UInt32(start.count)) + bytes(of: UInt32(core.count)), at: Offset.ranges + 16)
    case .v4_19, .v5_1, .v6_1:
      put(bytes(core.lowerBound, UInt64(core.count)), at: Offset.ranges)
      put(bytes(start.lowerBound, UInt64(start.count)), at: Offset.ranges + 32)
    case .v6_18:
      // Text, and as the fifth kind the initialization's text.
      put(bytes(core.lowerBound, UInt64(core.count) << 32), at: Offset.ranges)
      put(bytes(start.lowerBound, UInt64(start.count) << 32), at: Offset.ranges + 4 * 24)
    }
    if let perCPU = module.perCPU {
      put(bytes(perCPU.lowerBound, UInt64(perCPU.count)), at: Offset.perCPU)
    }
    put(symbols(of: module, era: era), at: Offset.symbols)
    put(bytes(sections(of: module, era: era).rawValue), at: Offset.sections)
    put(bytes(notes(of: module, era: era).rawValue), at: Offset.notes)
    return whole
  }

  private mutating func symbols(of module: ModuleEra.Module, era: ModuleEra) -> [UInt8] {
    var names: [UInt8] = [0]
    var entries = [UInt8](repeating: 0, count: 24)
    if era < .v5_1 { entries[4] = UInt8(ascii: "a") }
    for symbol in module.symbols {
      let letter = symbol.letter.asciiValue ?? 0
      entries += bytes(of: UInt32(names.count))
      entries += [era < .v5_1 ? letter : symbol.info, 0] + bytes(of: symbol.section)
      entries += bytes(symbol.address, era == .v5_1 ? UInt64(letter) : symbol.size)
      names += Array(symbol.name.utf8) + [0]
    }
    let table = bytes(
      object(entries).rawValue, UInt64(entries.count / 24), object(names).rawValue)
    return era == .v4_4 ? table : bytes(object(table).rawValue)
  }

  private mutating func sections(of module: ModuleEra.Module, era: ModuleEra) -> VirtualAddress {
    let names = module.sections.map { object(Array($0.name.utf8) + [0]).rawValue }
    if era == .v6_18 {
      let files = zip(names, module.sections).map { name, section in
        object(bytes(name, 0, 0, section.address, 0, 0, 0, 0)).rawValue
      }
      return group(files)
    }
    var list = [UInt8](repeating: 0, count: 40) + bytes(UInt64(names.count))
    for (name, section) in zip(names, module.sections) {
      let isFile = era == .v6_1
      list +=
        bytes(isFile ? name : 0, 0, 0, 0, 0, 0, 0, 0) + bytes(isFile ? 0 : name, section.address)
    }
    return object(list)
  }

  private mutating func notes(of module: ModuleEra.Module, era: ModuleEra) -> VirtualAddress {
    let other = object(
      bytes(of: UInt32(4)) + bytes(of: UInt32(4)) + bytes(of: UInt32(1))
        + Array("Linu\0\0\0\0".utf8))
    var note = bytes(of: UInt32(4)) + bytes(of: UInt32(module.buildID.count)) + bytes(of: UInt32(3))
    note += Array("GNU\0".utf8) + module.buildID
    let contents = [(other, 20), (object(note), note.count)]
    let name = object(Array(".note".utf8) + [0]).rawValue
    let files = contents.map { bytes(name, 0, UInt64($1), $0.rawValue, 0, 0, 0, 0) }
    if era == .v6_18 {
      let places = files.map { object($0).rawValue }
      return group(places)
    }
    return object(bytes(0, UInt64(files.count)) + files.flatMap { $0 })
  }

  /// A `struct attribute_group` with these files.
  private mutating func group(_ files: [UInt64]) -> VirtualAddress {
    let array = object((files + [0]).flatMap { bytes($0) })
    return object(bytes(0, 0, 0, 0, 0, array.rawValue))
  }
}

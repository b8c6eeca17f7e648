public import DebugInfo
public import Memory
internal import Synchronization

/// The debug information of a kernel and of modules, read from their files one compile unit at a
/// time.
///
/// A unit takes 5 to 40 ms, and the last 64 are kept. What no unit near the anchors or neighbours has
/// is looked for in all of the kernel's units once, which takes about a second.
public final class DwarfTypes: TypeSource {
  private struct Source {
    let file: DebugFile
    let placement: Placement
  }

  /// The files of modules, and last the kernel's, which also claims what lies close behind it.
  private let sources: [Source]
  private let symbols: SymbolTable
  private let cache = Mutex(UnitCache())

  /// Reads from a kernel's file and those of modules.
  ///
  /// `relocation` is the distance in bytes by which KASLR moved the kernel. `symbols` tells where
  /// the functions that serve as anchors are.
  public init(
    kernel: KernelDebugFile, relocation: UInt64, modules: [ModuleDebugFile] = [],
    symbols: SymbolTable
  ) {
    let placement = kernel.file.contents.withLock {
      Placement(kernel: $0.elf, relocation: relocation)
    }
    sources =
      modules.map { Source(file: $0.file, placement: $0.placement) }
      + [Source(file: kernel.file, placement: placement)]
    self.symbols = symbols
  }

  /// The unit that has code at `address`, or defines the object that begins there.
  public func unit(defining address: VirtualAddress) -> CompileUnit? {
    if let known = cache.withLock({ $0.place(of: address) }) { return known.flatMap { unit($0) } }
    let key = place(of: address)
    cache.withLock { $0.keep(key, for: address) }
    return key.flatMap { unit($0) }
  }

  private func place(of address: VirtualAddress) -> UnitCache.Key? {
    for (number, source) in sources.enumerated() {
      guard let linked = source.placement.linked(address) else { continue }
      let offset = source.file.contents.withLock { contents in
        contents.offset(ofUnitDefining: linked, room: symbols.roomBefore(codeAt: address))
      }
      return offset.map { UnitCache.Key(file: number, offset: $0) }
    }
    return nil
  }

  /// The complete structure or union with this tag.
  ///
  /// It is looked for in the units of `anchors`, and then, which takes about a second the first time,
  /// in all units of the kernel.
  public func structure(_ name: String, near anchors: [String]) -> Structure? {
    if let found = first(near: anchors, { $0.structure(named: name) }) { return found }
    let kernel = sources.count - 1
    let offset = sources[kernel].file.contents.withLock { contents -> UInt64? in
      guard contents.mayDescribe(name) else { return nil }
      return contents.dwarf?.index.structures[name]
    }
    guard let offset else { return nil }
    return unit(UnitCache.Key(file: kernel, offset: offset))?.types.structure(named: name)
  }

  /// The value of an enumeration constant, looked for in the units of `anchors` only.
  public func enumerator(_ name: String, near anchors: [String]) -> Int64? {
    first(near: anchors) { $0.enumerator(named: name) }
  }

  /// Whether the units of `anchors` have a type with this `typedef` name.
  public func hasAlias(_ name: String, near anchors: [String]) -> Bool {
    first(near: anchors) { $0.alias(named: name) } != nil
  }

  /// The source line that a code address belongs to, if the line table tells.
  public func sourceLine(of address: VirtualAddress) -> SourceLine? {
    guard let source = sources.first(where: { $0.placement.linked(address) != nil }) else {
      return nil
    }
    let room = symbols.roomBefore(codeAt: address)
    return source.file.contents.withLock { contents in
      guard let linked = source.placement.linked(address), let dwarf = contents.dwarf,
        let offset = dwarf.unit(withCodeAt: linked, room: room), let unit = dwarf.unit(at: offset)
      else { return nil }
      return unit.sourceLine(of: linked, room: room)
    }
  }

  /// What `find` finds first in the units that define functions of these names.
  private func first<Result>(
    near anchors: [String], _ find: (TypeTable) -> Result?
  ) -> Result? {
    for anchor in anchors {
      // Hundreds of static functions may share a name; such a name is no anchor.
      for symbol in symbols.symbols(named: anchor).prefix(8) {
        if let unit = unit(defining: symbol.address), let found = find(unit.types) { return found }
      }
    }
    return nil
  }

  private func unit(_ key: UnitCache.Key) -> CompileUnit? {
    if let known = cache.withLock({ $0[key] }) { return known }
    let source = sources[key.file]
    let unit = source.file.contents.withLock {
      $0.dwarf?.read(unitAt: key.offset, placement: source.placement, symbols: symbols)
    }
    if let unit { cache.withLock { $0.keep(unit, as: key) } }
    return unit
  }
}

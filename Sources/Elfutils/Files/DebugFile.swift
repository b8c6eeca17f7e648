internal import DebugInfo
internal import Memory
internal import Synchronization

/// A file with symbols and debug information.
///
/// libelf and libdw work for one thread at a time.
final class DebugFile: Sendable {
  /// What is guarded by the lock.
  struct Contents {
    let elf: ELFFile
    /// Opens the debug information; nil when the file has none.
    private let openDwarf: (ELFFile) -> DwarfFile?
    private var opened: DwarfFile??
    private var ownNeighbours: SymbolNeighbours?
    /// Names of which no type is described, as far as they were asked for.
    var absentNames: Set<String> = []

    init(_ elf: ELFFile, openDwarf: @escaping (ELFFile) -> DwarfFile?) {
      self.elf = elf
      self.openDwarf = openDwarf
    }

    /// The debug information, opened when first asked for.
    var dwarf: DwarfFile? {
      mutating get {
        if let opened { return opened }
        let dwarf = openDwarf(elf)
        opened = .some(dwarf)
        return dwarf
      }
    }

    /// Which symbols come from one source file, gathered when first asked for.
    var neighbours: SymbolNeighbours {
      mutating get {
        if let ownNeighbours { return ownNeighbours }
        let neighbours = SymbolNeighbours(elf)
        ownNeighbours = neighbours
        return neighbours
      }
    }
  }

  let contents: Mutex<Contents>

  /// Takes over an open file; `openDwarf` is called once, when debug information is asked for.
  init(_ elf: sending ELFFile, openDwarf: @escaping @Sendable (ELFFile) -> DwarfFile?) {
    contents = Mutex(Contents(elf, openDwarf: openDwarf))
  }
}

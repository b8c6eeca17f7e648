public import DebugInfo
public import Memory
internal import Synchronization

/// A module's ELF file (`.ko`, or the `.ko.debug` split off it, compressed or not), placed where the
/// kernel loaded its sections.
public final class ModuleDebugFile: Sendable {
  /// Where the file is.
  public let path: String
  /// The module's name, as `lsmod` shows it.
  public let name: String
  /// The file's build ID in lower-case hexadecimal, if it has one.
  public let buildID: String?
  /// Whether it describes types; a file that was stripped of them still has symbols.
  public let hasTypes: Bool
  /// The address ranges of the sections that are in memory.
  public let ranges: [Range<VirtualAddress>]

  let file: DebugFile
  let placement: Placement

  /// Opens a module's file for a dump of `machine`.
  ///
  /// `sections` tells where the kernel put each section, by its name, as
  /// `/sys/module/NAME/sections` shows them; `.data..percpu` is not among those and is given as
  /// `module.percpu`. What lies in other sections is left out, as is what lies in `.init` sections,
  /// whose memory was given back. Throws `DebugFileFailure` when the file is not a module, or of
  /// another processor.
  public init(
    path: String, name: String, sections: [String: VirtualAddress], expecting machine: Machine?
  ) throws(DebugFileFailure) {
    let elf = try ELFFile(path: path)
    if let machine, elf.machine != machine {
      throw .otherMachine(found: elf.machine, expected: machine)
    }
    guard elf.isRelocatable else { throw .notModule }
    guard elf.symbolSection != nil else { throw .noSymbols }
    let placement = Placement(module: elf, sections: sections)
    self.path = path
    self.name = name
    self.placement = placement
    buildID = elf.buildID
    hasTypes = elf.hasDwarf
    ranges = placement.runs.map {
      VirtualAddress($0.linked.lowerBound)..<VirtualAddress($0.linked.upperBound).advanced(by: 1)
    }
    file = DebugFile(elf) { elf in
      RelocatedModule(elf, placement: placement).flatMap { DwarfFile($0) }
    }
  }

  /// Adds the module's symbols, with its name.
  public func addSymbols(to builder: inout SymbolTableBuilder) {
    file.contents.withLock { contents in
      contents.elf.addSymbols(to: &builder, at: placement, module: name)
    }
  }
}

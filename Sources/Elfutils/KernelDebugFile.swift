public import DebugInfo
public import Memory
internal import Synchronization

/// The kernel's ELF file: `vmlinux`, or the debug file that was split off it, compressed or not.
public final class KernelDebugFile: Sendable {
  /// Where the file is.
  public let path: String
  /// The processor it is for.
  public let machine: Machine
  /// Its build ID in lower-case hexadecimal, if it has one.
  public let buildID: String?
  /// What the kernel says of itself in `/proc/version`, if the file holds the kernel's data.
  public let banner: String?
  /// Whether it describes types in a form that libdw reads; without, there are still symbols.
  public let hasTypes: Bool

  let file: DebugFile

  /// Opens a file; throws `DebugFileFailure` when it cannot serve for a dump of `machine`.
  public init(path: String, expecting machine: Machine? = nil) throws(DebugFileFailure) {
    let elf = try ELFFile(path: path)
    if let machine, elf.machine != machine {
      throw .otherMachine(found: elf.machine, expected: machine)
    }
    guard !elf.isRelocatable else { throw .isModule }
    guard elf.symbolSection != nil else { throw .noSymbols }
    self.path = path
    self.machine = elf.machine
    buildID = elf.buildID
    banner = elf.address(ofSymbol: "linux_banner").flatMap { elf.string(at: $0, limit: 512) }
    let file = DebugFile(elf) { DwarfFile($0) }
    hasTypes = file.contents.withLock { $0.dwarf != nil }
    self.file = file
  }

  /// Adds the kernel's symbols, moved by `relocation` bytes (KASLR's; 0 when it was not moved).
  public func addSymbols(to builder: inout SymbolTableBuilder, relocation: UInt64) {
    file.contents.withLock { contents in
      contents.elf.addSymbols(
        to: &builder, at: Placement(kernel: contents.elf, relocation: relocation), module: nil)
    }
  }
}

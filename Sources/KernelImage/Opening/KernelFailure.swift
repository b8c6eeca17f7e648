/// Why a dump cannot be read as a kernel's memory.
public enum KernelFailure: Error, Hashable, Sendable {
  /// VMCOREINFO is neither in the dump's notes nor in the memory it holds.
  case noVMCoreInfo
  /// Neither the dump nor VMCOREINFO tells the architecture, or it is one that is not read here.
  case unknownMachine
  /// VMCOREINFO lacks a line without which nothing can be found.
  case missingLine(String)
  /// The kernel's page tables are not where VMCOREINFO has them, nor elsewhere in the dump.
  case noPageTables
  /// It cannot be told where the kernel maps physical memory.
  case noDirectMap
  /// It cannot be told where the kernel keeps its `struct page`; the clause says what is wrong.
  case noPageStructs(String)

  /// The failure and what to do about it, as sentences.
  public var sentence: String {
    switch self {
    case .noVMCoreInfo:
      "The dump has no VMCOREINFO, without which the kernel in it cannot be found. "
        + "For a dump by QEMU, start the machine with -device vmcoreinfo."
    case .unknownMachine:
      "The dump does not tell of which architecture it is, or it is neither x86_64 nor arm64."
    case .missingLine(let line):
      "The dump's VMCOREINFO has no \(line), without which the kernel in it cannot be found."
    case .noPageTables:
      "The kernel's page tables are not where VMCOREINFO says they are, nor anywhere else in the "
        + "dump. The dump is damaged, or its VMCOREINFO is another kernel's."
    case .noDirectMap:
      "It cannot be told where the kernel maps its memory: the vmlinux may be another kernel's."
    case .noPageStructs(let finding):
      "The kernel's page descriptors cannot be found: \(finding). "
        + "The vmlinux may be another kernel's."
    }
  }
}

public import ByteKit
public import Memory

/// Why a file cannot serve as debug information.
public enum DebugFileFailure: Error, Hashable, Sendable {
  /// The file cannot be opened.
  case system(SystemFailure)
  /// The file is not an ELF file, compressed or not.
  case notELF
  /// The file is what a boot loader loads (`vmlinuz`, `Image`), which has no debug information.
  case bootImage
  /// The file is an ELF file of 32 bits or of big-endian byte order.
  case notLittleEndian64
  /// The file is for a processor (the ELF `e_machine` given) that no supported dump comes from.
  case unknownMachine(UInt16)
  /// The file is for another processor than the dump.
  case otherMachine(found: Machine, expected: Machine)
  /// The file has no symbol table: it was stripped.
  case noSymbols
  /// The file is not a module, which the kernel links as it loads it.
  case notModule
  /// The file is a module where the kernel's file is wanted.
  case isModule
  /// libelf or libdw refuses the file, with these words.
  case refused(String)
}

extension DebugFileFailure: CustomStringConvertible {
  /// A few words that fit behind the name of the file and a colon.
  public var description: String {
    switch self {
    case .system(let failure): failure.reason
    case .notELF: "not an ELF file"
    case .bootImage: "a boot image, which has no debug information; its vmlinux is needed"
    case .notLittleEndian64: "not an ELF file of 64 bits and little-endian byte order"
    case .unknownMachine(let number):
      "for a processor that is not supported (ELF machine \(number))"
    case .otherMachine(let found, let expected):
      "for \(found.rawValue), but the dump is of \(expected.rawValue)"
    case .noSymbols: "no symbol table: the file was stripped"
    case .notModule: "not a kernel module"
    case .isModule: "a module, not the kernel's file: give it with --modules"
    case .refused(let words): words
    }
  }
}

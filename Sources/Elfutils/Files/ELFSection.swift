internal import CElfutils

/// A section of an ELF file.
struct ELFSection {
  let index: Int
  let name: String
  let type: UInt32
  let flags: UInt64
  /// The address it was linked to; in a module, 0.
  let address: UInt64
  let size: UInt64
  /// The number of the section that holds the strings of a symbol table.
  let link: Int

  /// Whether it is in memory when the program runs.
  var isLoaded: Bool { flags & UInt64(SHF_ALLOC) != 0 }

  /// Whether the file holds its contents: a separate debug file leaves out those of code and data.
  var hasContents: Bool { type != UInt32(SHT_NOBITS) }
}

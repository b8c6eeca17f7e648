public import ByteKit

/// Why a file cannot be used as a dump at all.
public enum DumpFailure: Error, Hashable, Sendable {
  /// The file could not be opened or mapped.
  case system(SystemFailure)
  /// The file holds nothing.
  case empty
  /// The file ends before the structure named by the first value is complete.
  case tooShort(structure: String, needed: UInt64, size: UInt64)
  /// The file is of no format that is known.
  case unrecognized
  /// The file is of a format that is known but not read here.
  case foreign(ForeignFormat)
  /// The format is read, but not this variant of it; the second value says what to do instead.
  case unsupported(variant: String, advice: String)
  /// The file is no part of the split dump that the files before it are parts of.
  case otherDump(reason: String)
  /// A structure of the dump holds what no program writes there.
  case damaged(structure: String, offset: UInt64, finding: String)

  /// The failure and what to do about it, as sentences about "it", the file.
  public var sentence: String {
    switch self {
    case .system(let failure) where failure.isDirectory: "It is a directory: name the dump in it."
    case .system(let failure) where failure.isNoFile:
      "It is a pipe or a device: save what it gives to a file, and name that."
    case .system(let failure): "It cannot be read (\(failure.call)): \(failure.reason)."
    case .empty: "It is empty: the dump was never written, or the disk was full."
    case .tooShort(let structure, let needed, let size):
      "It ends inside its \(structure): that needs \(needed) bytes, and there are \(size). "
        + "Copy it again, or look for the whole file."
    case .unrecognized:
      "It is no dump: it begins like none of the formats known. "
        + "If it is a raw copy of memory, say with --phys-base at which address it begins."
    case .foreign(let format): "It is \(format.name), which is not read here: \(format.advice)."
    case .unsupported(let variant, let advice):
      "It is \(variant), which is not read here: \(advice)."
    case .otherDump(let reason):
      "It does not belong to the files before it: \(reason). "
        + "Name one dump, or all parts of a dump that makedumpfile --split wrote."
    case .damaged(let structure, let offset, let finding):
      "Its \(structure) at offset \(offset.hex) is damaged: \(finding). Copy the file again."
    }
  }
}

/// Why memory cannot be read.
///
/// Absent memory is never read as zeros.
public enum Absence: Error, Hashable, Sendable {
  /// The program that wrote the dump left the page out on purpose (makedumpfile's dump level).
  case excluded
  /// The page was left out of an ELF dump either because it held only zeros or on purpose; the file
  /// cannot tell which.
  case excludedOrZero
  /// No memory is at this physical address, or the dump does not cover it.
  case hole
  /// The dump was never finished, and the page is one of those not written.
  case lost
  /// The file ends before the page.
  case truncated
  /// `slabscope trim` left the page out, because no analysis looks at it.
  case trimmed
  /// `slabscope trim` kept nothing of the page but pointers to slab objects.
  case reduced
  /// The page is in a part of a split dump that was not given.
  case missingPart
  /// The page is in the file but what is there cannot be its contents.
  case corrupt(Corruption)
  /// The kernel's page tables map nothing at this virtual address.
  case unmapped
  /// A saved session did not show this memory.
  case notShown
}

/// What is wrong with a page that is in the file.
public enum Corruption: Hashable, Sendable {
  /// The page's size in the file is larger than a page, or zero.
  case size(UInt32)
  /// The page's flags name no known compression, or several.
  case flags(UInt32)
  /// The page is said to be where the dump's own tables are, at this offset of the file.
  case offset(UInt64)
  /// Decompression failed, or gave other than a page of bytes.
  case contents
  /// A page table entry points outside of what a machine can address.
  case pageTable
}

extension Absence: CustomStringConvertible {
  /// A few words that fit behind "cannot be read: ".
  public var description: String {
    switch self {
    case .excluded: "excluded from the dump"
    case .excludedOrZero: "excluded from the dump, or zero"
    case .hole: "not in the dump"
    case .lost: "lost: the dump was not finished"
    case .truncated: "beyond the end of the file"
    case .trimmed: "left out by slabscope trim"
    case .reduced: "reduced to pointers by slabscope trim"
    case .missingPart: "in a part of the dump that was not given"
    case .corrupt(.size(let size)): "corrupt in the file: \(size) bytes"
    case .corrupt(.flags(let flags)): "corrupt in the file: flags \(flags)"
    case .corrupt(.offset(let offset)): "corrupt in the file: at offset \(offset)"
    case .corrupt(.contents): "corrupt in the file: does not decompress"
    case .corrupt(.pageTable): "corrupt page table"
    case .unmapped: "not mapped by the kernel"
    case .notShown: "not shown in the session"
    }
  }
}

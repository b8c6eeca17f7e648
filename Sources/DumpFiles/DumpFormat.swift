internal import ByteKit
public import Memory

/// How a dump is stored.
public struct DumpFormat: Hashable, Sendable {
  /// The kinds of files that hold memory.
  public enum Container: String, Hashable, Sendable {
    /// An ELF core: /proc/vmcore, QEMU's dump-guest-memory, makedumpfile -E.
    case elfCore = "ELF core"
    /// A compressed dump of makedumpfile or QEMU, magic `KDUMP`.
    case kdumpCompressed = "kdump-compressed"
    /// An image of LiME: ranges of memory and nothing else.
    case lime = "LiME image"
    /// A copy of one range of memory, of which the file says nothing.
    case raw = "raw memory"
  }

  /// The kind of file.
  public let container: Container
  /// Whether the file is a stream of records (makedumpfile -F) that hold the dump.
  public var isFlattened = false
  /// Whether the file ends before what its headers speak of.
  public var isTruncated = false
  /// Whether the program that wrote the dump says that it could not finish.
  public var isIncomplete = false
  /// What makedumpfile was told to overwrite (`--config`, `--eppic`): a line for each place.
  public internal(set) var erasures: [String] = []
  /// The note that says what was overwritten, for a dump that is made of this one; nil when nothing was.
  public var eraseInfo: Note? {
    guard !erasures.isEmpty else { return nil }
    let text = erasures.map { $0 + "\n" }.joined()
    return Note(owner: EraseInfo.noteOwner, type: 0, contents: Bytes(Array(text.utf8)))
  }
  /// How `slabscope trim` made the dump, if it did.
  public var trim: Trim?
  /// How many pages more (or fewer, if negative) the file holds than its page bitmap marks.
  public internal(set) var surplusDescriptors = 0
  /// How many pages the file holds of which it says that they are no memory.
  public internal(set) var strayBlocks = 0
  /// What is told of kdump-compressed dumps only.
  public var kdump: Kdump?

  /// What `slabscope trim` did to a dump, beside leaving out pages.
  public enum Trim: Hashable, Sendable {
    /// Nothing.
    case plain
    /// It replaced text and data.
    case redacted
  }

  /// What a kdump-compressed dump says of itself.
  public struct Kdump: Hashable, Sendable {
    /// The version of the header, 1 to 6.
    public let headerVersion: Int
    /// The size of the blocks that are compressed singly; it need not be the kernel's page size.
    public let blockSize: PageSize
    /// What the last makedumpfile was told to leave out (`-d`), 0 to 31.
    public let dumpLevel: Int
    /// The blocks that each part of a split dump holds, in their order; empty when it is not split.
    public internal(set) var parts: [Range<PageFrame>]
    /// The compression that the header announces, such as `zlib`; each page may still differ.
    public let codecHint: String?
    /// Whether makedumpfile -e left out the `struct page` of what it left out.
    public let isWithoutUnusedVmemmap: Bool
  }

  init(container: Container) {
    self.container = container
  }
}

extension DumpFormat: CustomStringConvertible {
  /// The format in the words of makedumpfile, such as `kdump-compressed v6, zlib, flattened`.
  public var description: String {
    var parts = [container.rawValue]
    if let kdump {
      parts[0] += " v\(kdump.headerVersion)"
      if let codec = kdump.codecHint { parts.append(codec) }
      parts.append("dump level \(kdump.dumpLevel)")
      switch kdump.parts.count {
      case 0: break
      case 1: parts.append("part of a split dump")
      case let count: parts.append("\(count) parts of a split dump")
      }
      if kdump.isWithoutUnusedVmemmap { parts.append("unused vmemmap excluded") }
    }
    switch trim {
    case nil: break
    case .plain: parts.append("trimmed")
    case .redacted: parts.append("trimmed and redacted")
    }
    if isFlattened { parts.append("flattened") }
    if isIncomplete { parts.append("incomplete") }
    if isTruncated { parts.append("truncated") }
    return parts.joined(separator: ", ")
  }
}

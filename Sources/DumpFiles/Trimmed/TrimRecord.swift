internal import ByteKit
public import Memory

/// What a trimmed dump says of itself, in a note of its own: of each page frame that the dump knows,
/// what was kept of it and, where nothing was, why.
public struct TrimRecord: Hashable, Sendable {
  /// What there is of a page frame.
  public enum Content: Hashable, Sendable {
    /// All of it.
    case whole
    /// All of it, and the dump before did not store it: it told that the page is all zeros.
    case zero
    /// The words that may be pointers to slab objects; all others are zeros in the file.
    case pointers
    /// Nothing.
    case absent(Absence)
  }

  /// Page frames that follow each other and of which there is the same.
  public struct Run: Hashable, Sendable {
    /// The page frames, at least one.
    public let frames: Range<PageFrame>
    /// What there is of each.
    public let content: Content

    /// Describes a run.
    public init(_ frames: Range<PageFrame>, _ content: Content) {
      self.frames = frames
      self.content = content
    }
  }

  /// The size of the pages.
  public let pageSize: PageSize
  /// Whether text and data were replaced.
  public let isRedacted: Bool
  /// The runs: by their first frames, not overlapping.
  public let runs: [Run]

  /// Collects what is to be said.
  public init(pageSize: PageSize, isRedacted: Bool, runs: [Run]) {
    self.pageSize = pageSize
    self.isRedacted = isRedacted
    self.runs = runs
  }

  /// What there is of a page frame; nothing of one that no run has.
  public func content(of frame: PageFrame) -> Content {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].frames.upperBound <= frame { low = middle + 1 } else { high = middle }
    }
    guard low < runs.count, runs[low].frames.contains(frame) else { return .absent(.hole) }
    return runs[low].content
  }
}

extension TrimRecord {
  /// Who defines the note.
  static let owner = "SLABSCOPE"
  /// Which of the owner's notes it is.
  static let type: UInt32 = 1
  private static let version: UInt32 = 1
  private static let redacted: UInt32 = 1
  /// A damaged note may count more runs than it has bytes.
  private static let mostFrames = UInt64(1) << 52

  /// What is told of a page frame by one byte.
  private static let codes: [Content] = [
    .whole, .pointers, .absent(.trimmed), .absent(.excluded), .absent(.excludedOrZero),
    .absent(.hole), .absent(.lost), .absent(.truncated), .absent(.missingPart),
    .absent(.corrupt(.contents)), .absent(.reduced), .zero,
  ]

  /// The note: version, flags and the page size's shift in 4 bytes each, then for each run how many
  /// frames lie before it and how many it has, both as LEB128, and a byte for what there is of them.
  public var note: Note {
    var bytes: [UInt8] = []
    bytes.append(word: Self.version)
    bytes.append(word: isRedacted ? Self.redacted : 0)
    bytes.append(word: UInt32(clamping: pageSize.shift))
    var next: UInt64 = 0
    for run in runs {
      bytes.append(leb128: run.frames.lowerBound.rawValue &- next)
      bytes.append(leb128: run.frames.upperBound.rawValue &- run.frames.lowerBound.rawValue)
      bytes.append(Self.code(of: run.content))
      next = run.frames.upperBound.rawValue
    }
    return Note(owner: Self.owner, type: Self.type, contents: Bytes(bytes))
  }

  /// Whether a note is such a record.
  public static func isRecord(_ note: Note) -> Bool { note.owner == owner && note.type == type }

  /// The code of what there is; damage is told without its details.
  private static func code(of content: Content) -> UInt8 {
    let told: Content
    switch content {
    case .absent(.corrupt): told = .absent(.corrupt(.contents))
    default: told = content
    }
    return UInt8(clamping: codes.firstIndex(of: told) ?? 5)
  }

  /// Reads the note; nil when it is none of these, `DumpFailure` when it is damaged.
  init?(_ note: Note) throws(DumpFailure) {
    guard Self.isRecord(note) else { return nil }
    var cursor = Cursor(note.contents)
    do {
      let version = try cursor.read(UInt32.self)
      guard version == Self.version else {
        throw DumpFailure.unsupported(
          variant: "a dump that a newer slabscope trimmed", advice: "use that slabscope")
      }
      let flags = try cursor.read(UInt32.self)
      let shift = try cursor.read(UInt32.self)
      guard shift < 64, let pageSize = PageSize(bytes: 1 << UInt64(shift)) else {
        throw Self.damage(at: cursor.offset, "pages of 2^\(shift) bytes")
      }
      var runs: [Run] = []
      var next: UInt64 = 0
      while cursor.remaining > 0 {
        let gap = try cursor.readLEB128()
        let count = try cursor.readLEB128()
        let code = Int(try cursor.read(UInt8.self))
        guard count > 0, gap <= Self.mostFrames, count <= Self.mostFrames,
          next <= Self.mostFrames, Self.codes.indices.contains(code)
        else { throw Self.damage(at: cursor.offset, "it tells of no such pages") }
        let start = next + gap
        next = start + count
        runs.append(Run(PageFrame(start)..<PageFrame(next), Self.codes[code]))
      }
      self.init(pageSize: pageSize, isRedacted: flags & Self.redacted != 0, runs: runs)
    } catch let failure as DumpFailure {
      throw failure
    } catch {
      throw Self.damage(at: cursor.offset, "it ends early")
    }
  }

  private static func damage(at offset: Int, _ finding: String) -> DumpFailure {
    .damaged(structure: "record of slabscope trim", offset: UInt64(offset), finding: finding)
  }
}

extension [UInt8] {
  /// Appends a number in the variable length that DWARF uses.
  fileprivate mutating func append(leb128 value: UInt64) {
    var rest = value
    repeat {
      let byte = UInt8(rest & 0x7f)
      rest >>= 7
      append(rest == 0 ? byte : byte | 0x80)
    } while rest != 0
  }
}

extension Cursor {
  /// Reads a number in the variable length that DWARF uses; bits above 64 are dropped.
  fileprivate mutating func readLEB128() throws(EndOfBytes) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try read(UInt8.self)
      if shift < 64 { value |= UInt64(byte & 0x7f) << shift }
      shift = Swift.min(shift + 7, 64)
      if byte & 0x80 == 0 { return value }
    }
  }
}

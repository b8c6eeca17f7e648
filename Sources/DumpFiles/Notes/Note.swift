public import ByteKit

/// An ELF note: what some program wanted to say about the dump.
public struct Note: Sendable {
  /// Who defined the note, such as `CORE` or `VMCOREINFO`.
  public let owner: String
  /// What kind of note it is, among its owner's.
  public let type: UInt32
  /// What it says.
  public let contents: Bytes

  /// The notes in `bytes`, up to the first that is all zeros or not complete.
  ///
  /// The kernel, QEMU and makedumpfile all pad names and contents to 4 bytes.
  /// Nobody writes more than `limit` notes, but garbage may look as if there were.
  public static func parse(_ bytes: Bytes, limit: Int = 1 << 20) -> [Note] {
    var cursor = Cursor(bytes)
    var notes: [Note] = []
    while notes.count < limit, let note = try? Note(parsing: &cursor) { notes.append(note) }
    return notes
  }

  /// Writes a note.
  public init(owner: String, type: UInt32, contents: Bytes) {
    self.owner = owner
    self.type = type
    self.contents = contents
  }

  private init?(parsing cursor: inout Cursor) throws(EndOfBytes) {
    let nameSize = try cursor.read(UInt32.self)
    let size = try cursor.read(UInt32.self)
    type = try cursor.read()
    guard nameSize != 0 || size != 0 || type != 0 else { return nil }
    // Old writers did not count the name's NUL; reading up to one accepts both.
    owner = try cursor.read(count: Int(nameSize)).string(at: 0) ?? ""
    try cursor.skipPadding(after: nameSize)
    contents = try cursor.read(count: Int(size))
    try cursor.skipPadding(after: size)
  }
}

extension Note {
  /// The note as it stands in a file: sizes, type, then owner and contents, padded to 4 bytes each.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(word: UInt32(clamping: owner.utf8.count + 1))
    bytes.append(word: UInt32(clamping: contents.count))
    bytes.append(word: type)
    bytes += owner.utf8
    bytes.append(0)
    bytes.pad(toMultipleOf: 4)
    bytes += contents.array
    bytes.pad(toMultipleOf: 4)
    return bytes
  }

  /// Where the contents begin in `bytes`.
  var contentsOffset: Int { 12 + (owner.utf8.count + 1 + 3) / 4 * 4 }
}

extension Cursor {
  /// Skips to a multiple of 4 bytes after a field; the end may come first.
  fileprivate mutating func skipPadding(after size: UInt32) throws(EndOfBytes) {
    try skip(min(Int((4 - size % 4) % 4), remaining))
  }
}

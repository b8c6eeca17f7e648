internal import ByteKit

/// What makedumpfile was told to overwrite: lines such as `erase key size 32`.
enum EraseInfo {
  /// Nobody writes more; garbage may be as large as the file.
  private static let longest = 1 << 16

  /// The owner of the note that has them; a kdump's sub header points to them instead.
  static let noteOwner = "ERASEINFO"

  /// The lines of the first note that has them.
  static func lines(in notes: [Note]) -> [String] {
    notes.first { $0.owner == noteOwner }.map { lines($0.contents) } ?? []
  }

  /// The lines of an ERASEINFO note, which begin with a word of makedumpfile's.
  static func lines(_ bytes: Bytes) -> [String] {
    let text = bytes.string(at: 0, limit: min(bytes.count, longest)) ?? ""
    return text.split(separator: "\n").filter { $0.hasPrefix("erase ") }.map(String.init)
  }
}

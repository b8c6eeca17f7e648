import ByteKit
import DumpFiles

/// The note by which a linker marks what it made.
enum BuildID {
  /// The build ID among ELF notes, in lower-case hexadecimal, or nil when there is none.
  ///
  /// It is the `GNU` note of type 3 (`NT_GNU_BUILD_ID`).
  static func find(in notes: Bytes) -> String? {
    let note = Note.parse(notes).first {
      $0.owner == "GNU" && $0.type == 3 && (1...64).contains($0.contents.count)
    }
    return note?.contents.array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

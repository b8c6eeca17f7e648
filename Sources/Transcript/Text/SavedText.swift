public import ByteKit
import Codecs

/// A file of text as somebody saved it, compressed or not.
public struct SavedText: Sendable {
  /// Its name, for answers that say where something is from.
  public let name: String
  /// The text, in UTF-8 or something close to it.
  public let bytes: Bytes
  /// What is wrong with the file, in a sentence, or nil when nothing is.
  public let remark: String?

  /// No text is decompressed to more than this.
  private static let longest = 4 << 30
  /// How much of a file is looked at to tell text from other things.
  private static let sample = 4096

  /// Opens a file that is a text, or a text compressed with gzip, xz or zstd; nil for others.
  ///
  /// UTF-16 with a byte order mark becomes UTF-8; text that a mail has in base64 is decoded.
  public init?(_ file: Bytes, name: String) {
    self.name = name
    if let codec = FileCodec(magicOf: file) {
      // A dump may be compressed, too, and large: its beginning tells.
      guard let head = try? codec.decompress(file, limit: Self.sample), Self.isText(head.bytes),
        let content = try? codec.decompress(file, limit: Self.longest)
      else { return nil }
      bytes = Self.plain(content.bytes)
      remark =
        switch content.end {
        case .complete: nil
        case .damaged: "\(name) is damaged or cut off; what stands before that was read"
        case .limit: "\(name) is too long; its first 4 GiB were read"
        }
    } else {
      guard Self.isText(file) else { return nil }
      bytes = Self.plain(file)
      remark = nil
    }
  }

  /// Whether a file that begins with these bytes may be a text, compressed or not.
  public static func isLikely(_ head: Bytes) -> Bool {
    FileCodec(magicOf: head) != nil || isText(head)
  }

  private static func plain(_ text: Bytes) -> Bytes {
    WideText.narrowed(text) ?? MailParts.decoded(text) ?? text
  }

  /// Whether a file begins as texts do: without the bytes that only binary files have.
  ///
  /// Bytes above 127 pass, in whatever encoding, as do the control characters of terminals.
  public static func isText(_ file: Bytes) -> Bool {
    guard let head = file.slice(0..<min(file.count, sample))?.array, !head.isEmpty else {
      return false
    }
    if WideText.isMarked(file) { return true }
    // Telnet and serial consoles leave NULs, one here and there.
    let strange = head.count {
      $0 < 0x20 && !"\t\n\r\u{1b}\u{8}\u{7}\u{c}\u{e}\u{f}".utf8.contains($0)
    }
    return strange * 100 <= head.count
  }
}

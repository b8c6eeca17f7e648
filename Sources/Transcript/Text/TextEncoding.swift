import ByteKit

/// How a saved text was wrapped on its way: what has to be undone line by line.
struct TextEncoding: Hashable, Sendable {
  /// Mail's quoted-printable: `=3D` for `=`, and lines that go on behind a final `=`.
  var isQuotedPrintable = false
  /// HTML: tags around and between the lines.
  var isHTML = false

  /// How much of the text is looked at.
  private static let sample = 256 << 10

  /// Guesses from the beginning of a text.
  init(of text: Bytes) {
    guard let sample = text.slice(0..<min(text.count, Self.sample))?.array else { return }
    isQuotedPrintable = Self.isQuotedPrintable(sample)
    isHTML = ["<pre", "<br", "<p>", "<div", "<html", "<span", "<code"]
      .contains { Self.contains(sample, $0) }
  }

  /// Plain text.
  init() {}

  /// Whether a header says so, or lines end in `=` while `=3D`, `=20` or the like occur.
  ///
  /// Either alone is no sign: `console=20` and the last line of a cut paste look the same.
  private static func isQuotedPrintable(_ text: [UInt8]) -> Bool {
    if contains(text, "quoted-printable") { return true }
    var broken = 0
    var escapes = 0
    for index in text.indices where text[index] == UInt8(ascii: "=") {
      guard index + 2 < text.count else { break }
      let next = text[index + 1]
      if next == 0x0a || (next == 0x0d && text[index + 2] == 0x0a) {
        broken += 1
      } else if next == UInt8(ascii: "3") && text[index + 2] == UInt8(ascii: "D")
        || next == UInt8(ascii: "2") && text[index + 2] == UInt8(ascii: "0")
        || next >= UInt8(ascii: "C") && next <= UInt8(ascii: "F")
      {
        escapes += 1
      }
    }
    return broken > 0 && escapes > 0
  }

  /// Whether `pattern` (lower case) occurs, in whatever case.
  private static func contains(_ text: [UInt8], _ pattern: String) -> Bool {
    let pattern = Array(pattern.utf8)
    guard text.count >= pattern.count else { return false }
    for start in 0...(text.count - pattern.count) where text[start] | 0x20 == pattern[0] | 0x20 {
      var length = 1
      while length < pattern.count {
        let byte = text[start + length]
        let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        guard (isUpper ? byte + 0x20 : byte) == pattern[length] else { break }
        length += 1
      }
      if length == pattern.count { return true }
    }
    return false
  }
}

import ByteKit

/// Parts of a mail that are written in base64 (RFC 2045, 6.8).
enum MailParts {
  /// How much of a text is looked at for the header of such a part.
  private static let sample = 64 << 10
  private static let header = Array("content-transfer-encoding: base64".utf8)

  /// The text with those of its parts decoded that hold text; nil when it has none.
  static func decoded(_ text: Bytes) -> Bytes? {
    guard let head = text.slice(0..<min(text.count, sample))?.array, hasHeader(head) else {
      return nil
    }
    var result: [UInt8] = []
    var part: [UInt8] = []
    var state = State.outside
    for line in text.array.split(separator: 0x0a, omittingEmptySubsequences: false) {
      let line = line.last == 0x0d ? line.dropLast() : line
      switch state {
      case .outside where isHeader(line): state = .headers
      case .headers where line.isEmpty: state = .body
      case .body where line.allSatisfy(isDigit):
        part += line
        continue
      case .body:
        append(part, to: &result)
        part = []
        state = isHeader(line) ? .headers : .outside
      default: break
      }
      result += line
      result.append(0x0a)
    }
    append(part, to: &result)
    return Bytes(result)
  }

  private enum State { case outside, headers, body }

  private static func hasHeader(_ text: [UInt8]) -> Bool {
    text.split(separator: 0x0a).contains { isHeader($0) }
  }

  private static func isHeader(_ line: ArraySlice<UInt8>) -> Bool {
    line.count >= header.count
      && zip(line, header).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 >= UInt8(ascii: "a") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    value(of: byte) != nil || byte == UInt8(ascii: "=")
  }

  /// A part that is no text, such as a picture, is left out.
  private static func append(_ part: [UInt8], to result: inout [UInt8]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(part.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for case let digit? in part.lazy.map(value(of:)) {
      bits = bits << 6 | digit
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard SavedText.isText(Bytes(bytes)) else { return }
    result += bytes
    result.append(0x0a)
  }

  private static func value(of byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - 0x41)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - 0x61 + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 0x30 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}

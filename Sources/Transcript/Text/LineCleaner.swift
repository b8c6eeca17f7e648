/// Removes from a line what terminals, mailers, browsers and editors put into it.
///
/// A line may come out as several: HTML's `<br>` ends one.
struct LineCleaner {
  let encoding: TextEncoding
  private var input: [UInt8] = []
  private var index = 0

  init(encoding: TextEncoding) { self.encoding = encoding }

  /// Appends the cleaned form of `line` to `output`.
  mutating func clean(_ line: ArraySlice<UInt8>, into output: inout [UInt8]) {
    input = encoding.isQuotedPrintable ? QuotedPrintable.decode(line) : Array(line)
    index = 0
    while index < input.count {
      let byte = input[index]
      switch byte {
      case 0x1b: skipEscape()
      case 0x08:
        if let last = output.last, last != 0x0a { output.removeLast() }
        index += 1
      case 0x09, 0x0a, 0x0d:
        output.append(byte == 0x09 ? 0x20 : 0x0a)
        index += 1
      case 0..<0x20, 0x7f: index += 1
      case UInt8(ascii: "&"): appendEntity(to: &output)
      case UInt8(ascii: "<") where encoding.isHTML: appendTag(to: &output)
      case UInt8(ascii: "\\"): appendEscaped(to: &output)
      case 0xc2, 0xe2, 0xe3, 0xef: appendSpace(to: &output)
      default:
        output.append(byte)
        index += 1
      }
    }
  }

  private func byte(at offset: Int) -> UInt8? {
    index + offset < input.count ? input[index + offset] : nil
  }

  /// An escape sequence of ECMA-48: `ESC [ … m`, `ESC ] … BEL`, `ESC ( B`, `ESC =` and the like.
  private mutating func skipEscape() {
    index += 1
    guard let kind = byte(at: 0) else { return }
    index += 1
    switch kind {
    case UInt8(ascii: "["):
      while let next = byte(at: 0), next >= 0x20, next < 0x40 { index += 1 }
      if let last = byte(at: 0), last >= 0x40, last < 0x7f { index += 1 }
    case UInt8(ascii: "]"):
      while let next = byte(at: 0), next != 0x07, next != 0x1b { index += 1 }
      if byte(at: 0) == 0x07 {
        index += 1
      } else if byte(at: 0) == 0x1b, byte(at: 1) == UInt8(ascii: "\\") {
        index += 2
      }
    case 0x20..<0x30:
      while let next = byte(at: 0), next >= 0x20, next < 0x30 { index += 1 }
      index += 1
    default: break
    }
  }

  /// `&gt;`, `&#91;` or `&#x5b;`; anything else stays as it is.
  private mutating func appendEntity(to output: inout [UInt8]) {
    guard let length = (2..<10).first(where: { byte(at: $0) == UInt8(ascii: ";") }) else {
      output.append(input[index])
      index += 1
      return
    }
    let name = String(decoding: input[(index + 1)..<(index + length)], as: UTF8.self)
    if let character = Entity.character(name) {
      output.append(contentsOf: character.utf8)
      index += length + 1
    } else {
      output.append(input[index])
      index += 1
    }
  }

  /// A tag that HTML has; `<single_start>` is none and stays.
  private mutating func appendTag(to output: inout [UInt8]) {
    var end = index + 1
    if end < input.count, input[end] == UInt8(ascii: "/") { end += 1 }
    let start = end
    while end < input.count, Entity.isTagCharacter(input[end]) { end += 1 }
    let name = String(decoding: input[start..<end], as: UTF8.self).lowercased()
    let close = input[end...].prefix(2048).firstIndex(of: UInt8(ascii: ">"))
    guard let close, let meaning = Entity.tags[name] else {
      output.append(input[index])
      index += 1
      return
    }
    output.append(contentsOf: meaning.utf8)
    index = close + 1
  }

  /// Markdown's backslash before a punctuation mark; any other stays.
  private mutating func appendEscaped(to output: inout [UInt8]) {
    if let next = byte(at: 1), "_[]*<>#`".utf8.contains(next) {
      output.append(next)
      index += 2
    } else {
      output.append(input[index])
      index += 1
    }
  }

  /// No-break and ideographic spaces become blanks, zero-width characters nothing.
  private mutating func appendSpace(to output: inout [UInt8]) {
    let (first, second, third) = (input[index], byte(at: 1) ?? 0, byte(at: 2) ?? 0)
    switch (first, second) {
    case (0xc2, 0xa0):
      output.append(0x20)
      index += 2
    case (0xe2, 0x80) where third >= 0x80 && third <= 0x8a || third == 0xaf,
      (0xe3, 0x80) where third == 0x80:
      output.append(0x20)
      index += 3
    case (0xe2, 0x80) where third >= 0x8b && third <= 0x8f, (0xef, 0xbb) where third == 0xbf:
      index += 3
    default:
      output.append(first)
      index += 1
    }
  }
}

/// The entities and tags of HTML that matter in text.
enum Entity {
  private static let named: [String: String] = [
    "lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'", "nbsp": " ", "ensp": " ",
    "emsp": " ", "lbrack": "[", "rbrack": "]", "lsqb": "[", "rsqb": "]", "hellip": "...",
  ]

  /// What tags stand for: the end of a line, a blank between cells, or nothing.
  static let tags: [String: String] = [
    "br": "\n", "p": "\n", "div": "\n", "pre": "\n", "tr": "\n", "li": "\n", "table": "\n",
    "h1": "\n", "h2": "\n", "h3": "\n", "h4": "\n", "ul": "\n", "ol": "\n", "blockquote": "\n",
    "body": "\n", "html": "\n", "head": "\n", "td": " ", "th": " ", "span": "", "code": "",
    "b": "", "i": "", "em": "", "strong": "", "a": "", "font": "", "u": "", "s": "", "tt": "",
    "tbody": "", "thead": "", "img": "", "meta": "", "link": "", "section": "\n",
    "article": "\n", "figure": "\n", "button": "", "svg": "",
  ]

  static func isTagCharacter(_ byte: UInt8) -> Bool {
    byte >= 0x61 && byte <= 0x7a || byte >= 0x41 && byte <= 0x5a || byte >= 0x30 && byte <= 0x39
      || byte == UInt8(ascii: "_")
  }

  /// The character that an entity's name or number stands for.
  static func character(_ name: String) -> String? {
    guard name.hasPrefix("#") else { return named[name] }
    let digits = name.dropFirst()
    let number =
      digits.hasPrefix("x") || digits.hasPrefix("X")
      ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    guard let number, number >= 0x20, let scalar = Unicode.Scalar(number) else { return nil }
    return number == 0xa0 ? " " : String(Character(scalar))
  }
}

/// The encoding of RFC 2045, section 6.7.
enum QuotedPrintable {
  /// Decodes a line with its soft line breaks; what is no escape stays as it is.
  static func decode(_ line: ArraySlice<UInt8>) -> [UInt8] {
    let input = Array(line)
    var output: [UInt8] = []
    output.reserveCapacity(input.count)
    var index = 0
    while index < input.count {
      guard input[index] == UInt8(ascii: "=") else {
        output.append(input[index])
        index += 1
        continue
      }
      if index + 1 >= input.count { break }
      if input[index + 1] == 0x0a {
        index += 2
      } else if input[index + 1] == 0x0d {
        index += index + 2 < input.count && input[index + 2] == 0x0a ? 3 : 2
      } else if index + 2 < input.count,
        let value = Hexadecimal.value(of: input, in: (index + 1)..<(index + 3))
      {
        output.append(UInt8(truncatingIfNeeded: value))
        index += 3
      } else {
        output.append(input[index])
        index += 1
      }
    }
    return output
  }
}

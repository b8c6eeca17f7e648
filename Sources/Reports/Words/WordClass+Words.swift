internal import Analysis

extension WordClass {
  /// What a word is, for people.
  var words: String {
    switch self {
    case .zero: "0"
    case .number(let value): Self.number(value)
    case .symbol(let name, let offset, let module):
      Self.symbolName(name, offset) + (module.map { " [\($0.printable)]" } ?? "")
    case .slabPointer(let cache, let offset):
      "-> object of \(cache.printable)" + Self.suffix(offset)
    case .selfPointer(let offset): "-> itself" + Self.suffix(offset)
    case .pageStruct: "-> a struct page"
    case .directMap: "-> direct map, outside of slabs"
    case .vmalloc: "-> vmalloc memory"
    case .image: "-> kernel or module image, no symbol there"
    case .perCPU: "-> per-CPU memory"
    case .user: "user-space address"
    case .poison(let name): name.printable
    case .errorPointer(let code): "\(code) (ERR_PTR?)"
    case .text(let text): text.quoted
    case .other: "a value of no known kind"
    }
  }

  /// A number in both bases; one that is rather flags or two numbers only in hexadecimal.
  private static func number(_ value: UInt64) -> String {
    let digits = "0x" + String(value, radix: 16)
    if value < 10 { return "\(value)" }
    return value <= UInt64(UInt32.max) ? "\(value) (\(digits))" : digits
  }

  /// A symbol with the offset into it, if there is one.
  static func symbolName(_ name: String, _ offset: UInt64) -> String {
    name.printable + (offset == 0 ? "" : "+0x" + String(offset, radix: 16))
  }

  /// An offset into what a pointer leads to, if it is not zero.
  static func suffix(_ offset: Int) -> String {
    offset == 0 ? "" : "+0x" + String(offset, radix: 16)
  }
}

extension String {
  /// The text in quotes, its end left out where it is long.
  var quoted: String {
    "\"" + prefix(Self.longestQuote).description.printable
      + (count > Self.longestQuote ? "…" : "") + "\""
  }

  private static let longestQuote = 40
}

extension Int {
  /// The number as an offset into an object: `+0x18`.
  var asOffset: String { "+0x" + (self < 0x10 ? "0" : "") + String(self, radix: 16) }
}

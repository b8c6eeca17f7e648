internal import Analysis

extension WordClass {
  /// What a word is, for people.
  var words: String {
    switch self {
    case .zero: "0"
    case .number(let value): value < 10 ? "\(value)" : "\(value) (0x\(String(value, radix: 16)))"
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
    case .errorPointer(let code): "ERR_PTR(\(code))"
    case .text(let text): "\"\(text.printable)\""
    case .other: "a value of no known kind"
    }
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

extension Int {
  /// The number as an offset into an object: `+0x18`.
  var asOffset: String { "+0x" + (self < 0x10 ? "0" : "") + String(self, radix: 16) }
}

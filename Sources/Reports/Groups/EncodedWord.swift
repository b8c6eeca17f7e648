internal import Analysis
internal import DebugInfo

/// A word of a template in `slabscope.groups/1`.
///
/// Keys that the kind of word has no use for are left out.
struct EncodedWord: Encodable, Sendable {
  let offset: Int
  let kind: String
  let member: String?
  let symbol: String?
  let module: String?
  let cache: String?
  let value: EncodedValue?

  init(_ word: TemplateWord, structure: Structure?) {
    offset = word.offset
    member = structure?.path(at: word.offset)
    var (symbol, module, cache): (String?, String?, String?)
    switch word.shared {
    case .symbol(let name, let offset, let owner):
      symbol = offset == 0 ? name : name + "+0x" + String(offset, radix: 16)
      module = owner
    case .slabPointer(let name, _): cache = name
    default: break
    }
    (self.symbol, self.module, self.cache) = (symbol, module, cache)
    (kind, value) = Self.kindAndValue(word.shared)
  }

  private static func kindAndValue(_ shared: WordClass?) -> (String, EncodedValue?) {
    switch shared {
    case .zero: ("zero", nil)
    case .number(let value): ("number", .number(value))
    case .symbol: ("symbol", nil)
    case .slabPointer(_, let offset): ("slab_pointer", .offset(offset))
    case .selfPointer(let offset): ("self_pointer", .offset(offset))
    case .pageStruct: ("page_struct", nil)
    case .directMap: ("direct_map", nil)
    case .vmalloc: ("vmalloc", nil)
    case .image: ("image", nil)
    case .perCPU: ("per_cpu", nil)
    case .user: ("user", nil)
    case .poison(let name): ("poison", .text(name))
    case .errorPointer(let code): ("error_pointer", .offset(code))
    case .text(let text): ("text", .text(text))
    case .other: ("other", nil)
    case nil: ("differs", nil)
    }
  }
}

/// The value of a word: a number, or text.
enum EncodedValue: Encodable, Sendable {
  case number(UInt64)
  case offset(Int)
  case text(String)

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let value): try container.encode(value)
    case .offset(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    }
  }
}

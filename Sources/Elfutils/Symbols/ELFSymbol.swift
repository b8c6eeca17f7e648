internal import ByteKit
internal import CElfutils
internal import DebugInfo
internal import Memory

/// An entry of an ELF symbol table (System V gABI, "Symbol Table": `Elf64_Sym`).
struct ELFSymbol {
  static let size = 24

  /// Where its name begins in the string table.
  let name: Int
  /// `STT_*`.
  let type: UInt8
  let isGlobal: Bool
  /// The index of the section it lies in, or one of `SHN_*`.
  let section: Int
  /// Its address; in a module, counted from the start of its section.
  let value: UInt64
  let byteCount: UInt64

  /// Reads the entry with this index.
  init?(_ table: RawSpan, at index: Int) {
    let start = index * Self.size
    guard let name: UInt32 = table.load(at: start), let info: UInt8 = table.load(at: start + 4),
      let section: UInt16 = table.load(at: start + 6),
      let value: UInt64 = table.load(at: start + 8),
      let byteCount: UInt64 = table.load(at: start + 16)
    else { return nil }
    self.name = Int(name)
    type = info & 15
    isGlobal = info >> 4 != STB_LOCAL
    self.section = Int(section)
    self.value = value
    self.byteCount = byteCount
  }

  /// What it stands for; nil for one that names no address.
  var kind: SymbolKind? {
    guard section != SHN_UNDEF else { return nil }
    return switch Int32(type) {
    case STT_FUNC, STT_GNU_IFUNC: .function
    case STT_OBJECT: .object
    case STT_NOTYPE: .other
    default: nil
    }
  }
}

extension Placement {
  /// Where a symbol lies in the running kernel; nil when it has no place there.
  func address(of symbol: ELFSymbol) -> VirtualAddress? {
    guard isModule else { return running(symbol.value) }
    return sectionStarts[symbol.section].map { VirtualAddress($0 &+ symbol.value) }
  }
}

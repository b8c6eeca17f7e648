internal import ByteKit

/// Which symbol names are of no use to somebody who looks at memory.
enum SymbolName {
  /// Beginnings of names that the build makes for itself: entries of the export tables, checksums,
  /// and the padding before a function.
  private static let noise: [[UInt8]] = [
    "__ksymtab_", "__kstrtab_", "__kstrtabns_", "__crc_", "__pfx_", "__cfi_", "__kcfi_typeid_",
    "__export_symbol_", ".L",
  ].map { Array($0.utf8) }

  /// Whether the name at `start` is one of those, or a mapping symbol of AArch64 (`$x`, `$d.7`).
  static func isNoise(_ names: Bytes, at start: Int) -> Bool {
    let span = names.span
    switch span.load(UInt8.self, at: start) {
    case nil, 0: return true
    case UInt8(ascii: "$"):
      let third = span.load(UInt8.self, at: start + 2)
      return third == 0 || third == UInt8(ascii: ".")
    case UInt8(ascii: "_"), UInt8(ascii: "."):
      for prefix in noise where begins(span, at: start, with: prefix) { return true }
      return false
    default: return false
    }
  }

  private static func begins(_ span: RawSpan, at start: Int, with prefix: [UInt8]) -> Bool {
    for index in prefix.indices where span.load(UInt8.self, at: start + index) != prefix[index] {
      return false
    }
    return true
  }
}

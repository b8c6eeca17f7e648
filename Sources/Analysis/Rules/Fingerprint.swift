/// A short name for a leak that is the same on every boot and machine.
enum Fingerprint {
  /// A hash of a rule's name and of what identifies the objects in a template.
  ///
  /// That is its symbols with their offsets and modules, or its text where it has none. FNV-1a of 64
  /// bits, in hexadecimal.
  static func of(rule: String, _ template: Template) -> String {
    let symbols = template.words.compactMap { word -> String? in
      guard case .symbol(let name, let offset, let module) = word.shared else { return nil }
      return "\(word.offset):\(name)+\(offset)[\(module ?? "")]"
    }
    let texts = template.words.compactMap { word -> String? in
      guard case .text(let text) = word.shared else { return nil }
      return "\(word.offset):\(text)"
    }
    return of(rule: rule, parts: symbols.isEmpty ? texts : symbols)
  }

  /// A hash of a rule's name and of words that identify what it found.
  static func of(rule: String, parts: [String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in [rule] + parts {
      // A byte that is in no part of UTF-8 keeps the parts apart.
      for byte in Array(part.utf8) + [0xff] {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

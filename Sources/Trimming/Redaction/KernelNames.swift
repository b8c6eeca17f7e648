import DebugInfo
import Evidence

/// The names that a redacted dump keeps: those of symbols, slab caches and modules.
struct KernelNames: Sendable {
  private let symbols: SymbolTable
  private let others: Set<String>
  private let short: Set<[UInt8]>

  /// No name is longer.
  private static let longest = 256

  init(_ subject: Subject, others: [String]) {
    symbols = subject.symbols
    self.others = Set(
      subject.census.caches.flatMap { [$0.name] + $0.aliases } + subject.modules.map(\.name)
        + others)
    short = Set(
      self.others.lazy.map { Array($0.utf8) }.filter { $0.count < Redactor.shortestText })
  }

  /// Where in its page a text is a name, from there to the text's end; nil when it is none.
  ///
  /// Something printable may stand before a name that begins an object.
  func range(in text: WholeText) -> Range<Int>? {
    for start in 0..<text.count
    where text.count - start <= Self.longest && (start == 0 || text.isAligned(start)) {
      guard text.count - start >= Redactor.shortestText else { break }
      if contains(String(decoding: text.characters[start...], as: UTF8.self)) {
        return text.place(from: start)
      }
    }
    return nil
  }

  /// Whether a few characters are the name of a cache or a module.
  func hasShort(_ characters: ArraySlice<UInt8>) -> Bool { short.contains(Array(characters)) }

  private func contains(_ name: String) -> Bool {
    others.contains(name) || !symbols.symbols(named: name).isEmpty
  }
}

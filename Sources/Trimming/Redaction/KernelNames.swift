import DebugInfo
import Evidence

/// The names that a redacted dump keeps: those of symbols, slab caches and modules.
struct KernelNames: Sendable {
  private let symbols: SymbolTable
  private let others: Set<String>
  private let short: Set<[UInt8]>

  /// No name is longer.
  private static let longest = 256

  /// Takes the names of a kernel.
  init(_ subject: Subject) {
    symbols = subject.symbols
    others = Set(
      subject.census.caches.flatMap { [$0.name] + $0.aliases } + subject.modules.map(\.name))
    short = Set(others.lazy.map { Array($0.utf8) }.filter { $0.count < Redactor.shortestText })
  }

  /// Whether some characters are a name.
  func isName(_ characters: ArraySlice<UInt8>) -> Bool {
    guard characters.count <= Self.longest else { return false }
    let name = String(decoding: characters, as: UTF8.self)
    return others.contains(name) || !symbols.symbols(named: name).isEmpty
  }

  /// Whether a few characters are the name of a cache or a module.
  func hasShort(_ characters: ArraySlice<UInt8>) -> Bool { short.contains(Array(characters)) }
}

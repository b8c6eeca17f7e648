internal import DebugInfo
internal import Evidence
internal import Memory

/// What a table of file operations has for closing a file of fs/seq_file.c.
struct ReleaseFunction {
  /// Whether it does what it has to.
  enum Verdict: Hashable {
    case frees
    case leaks
    case unclear
  }

  /// Whether it frees what was allocated when the file was opened.
  let verdict: Verdict
  /// What the member is, to stand behind its name: `is seq_release`.
  let clause: String
  /// The function, or nil when none is set or it has no name.
  let symbol: Symbol?

  /// Judges the function that a table has.
  init(of table: OperationsTable, _ kind: SeqFileKind, in subject: Subject) {
    let place = table.address.advanced(by: table.layout.release.offset)
    guard let function = try? subject.memory.pointer(at: place) else {
      (verdict, clause, symbol) = (.unclear, "cannot be read", nil)
      return
    }
    guard function.rawValue != 0 else {
      (verdict, clause, symbol) = (.leaks, "is not set", nil)
      return
    }
    guard let reference = subject.symbols.reference(to: function), reference.offset == 0 else {
      (verdict, clause, symbol) = (.unclear, "is \(function)", nil)
      return
    }
    symbol = reference.symbol
    (verdict, clause) = Self.judge(reference.symbol, kind, in: subject)
  }

  private static func judge(
    _ symbol: Symbol, _ kind: SeqFileKind, in subject: Subject
  ) -> (Verdict, String) {
    let name = symbol.plainName
    let right = [kind.release] + kind.likeRelease
    if right.contains(name) { return (.frees, "is \(name)") }
    if kind.wrong.contains(name) { return (.leaks, "is \(name)") }
    let code = FunctionCode(of: symbol, in: subject)
    func calls(_ name: String) -> Bool {
      guard let target = subject.symbols.symbol(named: name), target.module == nil else {
        return false
      }
      return code?.branches(to: target.address) ?? false
    }
    if let callee = right.first(where: calls) {
      return (.frees, "is \(name), which calls \(callee)")
    }
    if let callee = kind.wrong.first(where: calls) {
      return (.leaks, "is \(name), which calls \(callee)")
    }
    return (.unclear, "is \(name), in which no call of \(kind.release) was found")
  }
}

extension Symbol {
  /// The name in the source code: compilers add suffixes such as `.cfi_jt` or `.llvm.123`.
  var plainName: String { String(name.prefix { $0 != "." }) }
}

internal import DebugInfo
internal import Evidence
internal import Memory

/// What a table of file operations has for closing a file that `single_open` opened.
struct ReleaseFunction {
  /// Whether it does what `single_release` does.
  enum Verdict: Hashable {
    case frees
    case leaks
    case unclear
  }

  /// Whether it frees what `single_open` allocated.
  let verdict: Verdict
  /// What the member is, to stand behind its name: `is seq_release`.
  let clause: String
  /// The function, or nil when none is set or it has no name.
  let symbol: Symbol?

  /// Judges the function that a table has.
  init(of table: OperationsTable, in subject: Subject) {
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
    (verdict, clause) = Self.judge(reference.symbol, in: subject)
  }

  private static func judge(_ symbol: Symbol, in subject: Subject) -> (Verdict, String) {
    let name = symbol.plainName
    switch name {
    case "single_release": return (.frees, "is single_release")
    case "seq_release": return (.leaks, "is seq_release")
    default: break
    }
    let code = FunctionCode(of: symbol, in: subject)
    func calls(_ name: String) -> Bool {
      guard let target = subject.symbols.symbol(named: name), target.module == nil else {
        return false
      }
      return code?.branches(to: target.address) ?? false
    }
    if calls("single_release") { return (.frees, "is \(name), which calls single_release") }
    if calls("seq_release") { return (.leaks, "is \(name), which calls seq_release") }
    return (.unclear, "is \(name), in which no call of single_release was found")
  }
}

extension Symbol {
  /// The name in the source code: compilers add suffixes such as `.cfi_jt` or `.llvm.123`.
  var plainName: String { String(name.prefix { $0 != "." }) }
}

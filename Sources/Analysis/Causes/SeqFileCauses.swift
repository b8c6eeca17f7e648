internal import DebugInfo
internal import Evidence
internal import Memory

/// Why objects of fs/seq_file.c are left: the function that opens the file, and the table in which
/// that stands beside a function for closing that does not free them.
struct SeqFileCauses {
  /// What was found out about the files of one `show` function.
  struct Diagnosis {
    /// The defect, if any was found.
    var cause: Cause?
    /// Whether nothing else can have left the objects: all files that have them are closed wrongly.
    var isLocated = false
    /// What speaks for or against the cause.
    var evidence: [String] = []
  }

  /// A file's operations: the function that opens it, their table, and what closes it.
  private struct Use {
    let opener: SeqFileOpeners.Opener
    let table: OperationsTable
    let release: ReleaseFunction
  }

  private let subject: Subject
  private let kind: SeqFileKind
  /// Those searched for so far, by module.
  private var openers: [String?: SeqFileOpeners] = [:]

  /// Takes the evidence; nothing is searched before it is asked for.
  init(of kind: SeqFileKind, in subject: Subject) {
    self.kind = kind
    self.subject = subject
  }

  /// Follows the `seq_operations` of a group from their `show` function, which is their fourth word.
  mutating func diagnosis(of group: ObjectGroup) -> Diagnosis {
    guard let slot = group.slots.first,
      let object = subject.census.object(inSlot: Int(slot)),
      let show = try? subject.memory.pointer(
        at: subject.census.address(of: object).advanced(by: 24)),
      let symbol = subject.symbols.reference(to: show)?.symbol
    else { return Diagnosis() }
    return diagnosis(ofShow: symbol, passing: show)
  }

  /// Follows files with a `show` function from what is passed to the function that opens them.
  mutating func diagnosis(ofShow show: Symbol, passing argument: VirtualAddress) -> Diagnosis {
    let openers = openers(of: show.module)
    var passing = openers.passing(argument)
    var uses = uses(of: passing)
    if uses.isEmpty {
      let others = openers.passingByWay(argument)
      let further = self.uses(of: others)
      if !further.isEmpty { (passing, uses) = (others, further) }
    }
    return diagnosis(ofShow: show, openers: passing, uses: uses)
  }

  private func uses(of openers: [SeqFileOpeners.Opener]) -> [Use] {
    openers.flatMap { opener in
      tables(of: opener).map {
        Use(opener: opener, table: $0, release: ReleaseFunction(of: $0, kind, in: subject))
      }
    }
  }

  private mutating func openers(of module: String?) -> SeqFileOpeners {
    if let known = openers[module] { return known }
    let found = SeqFileOpeners(of: module, kind, in: subject)
    openers[module] = found
    return found
  }

  /// A function stands in a table or a few; each costs a look into the debug information.
  private static let mostTables = 16

  private func tables(of opener: SeqFileOpeners.Opener) -> [OperationsTable] {
    opener.places.prefix(Self.mostTables).compactMap {
      OperationsTable(openAt: $0, of: opener.code.symbol, in: subject)
    }
  }

  private func diagnosis(
    ofShow show: Symbol, openers: [SeqFileOpeners.Opener], uses: [Use]
  ) -> Diagnosis {
    let wrong = uses.filter { $0.release.verdict == .leaks }
    let right = uses.filter { $0.release.verdict == .frees }
    let suspects = wrong.isEmpty ? uses.filter { $0.release.verdict == .unclear } : wrong
    var diagnosis = Diagnosis()
    diagnosis.isLocated =
      !wrong.isEmpty && wrong.count == uses.count && openers.count == 1
      && openers.allSatisfy { uses.count == objects(with: $0) }
      && uses.allSatisfy { $0.table.object != nil }
    if let opener = suspects.first?.opener {
      let shown = suspects.filter { $0.opener.code.symbol == opener.code.symbol }
      diagnosis.cause = cause(ofShow: show, shown, opener)
    }
    if openers.count > 1 {
      diagnosis.evidence.append(
        "several functions pass \(show.plainName) to \(kind.openers.first ?? ""): "
          + openers.prefix(Self.mostTables).map(\.name).joined(separator: ", "))
    }
    diagnosis.evidence += right.map {
      "\($0.table.releasePath) \($0.release.clause), as it must be: files that "
        + "\($0.opener.name) opens through that table leave nothing"
    }
    return diagnosis
  }

  /// How many objects with a name have a function's address, or nil when there are too many places.
  ///
  /// Each of them may be a table, even if its type is not known.
  private func objects(with opener: SeqFileOpeners.Opener) -> Int? {
    guard opener.places.count <= Self.mostTables else { return nil }
    return opener.places.count { place in
      guard let object = StaticObject(at: place, usedBy: opener.code.symbol, in: subject) else {
        return false
      }
      // A struct module tells where the module's first function is.
      return !subject.modules.contains { $0.address == object.address }
    }
  }

  private func cause(
    ofShow show: Symbol, _ uses: [Use], _ opener: SeqFileOpeners.Opener
  ) -> Cause {
    let places = SourcePlaces(types: subject.types)
    let open = opener.code.symbol
    let releases = uses.map { "\($0.table.releasePath) \($0.release.clause)" }
    let source = places.ofFunction(at: open.address).map { " (\($0.fileName):\($0.line))" } ?? ""
    var chain = [
      step(show, places, "the objects' show function"),
      step(open, places, "passes it to \(opener.callee)"),
    ]
    for use in uses {
      let table = use.table
      let owner = table.object?.module ?? open.module
      chain.append(
        Cause.Step(
          symbol: table.name, module: owner,
          at: table.object.flatMap { places.ofObject(at: $0.address) },
          how: (table.object == nil ? "at \(table.address), " : "")
            + "its \(table.layout.open.name) is \(opener.name)"))
      guard let function = use.release.symbol else {
        chain.append(
          Cause.Step(
            symbol: table.releasePath, module: owner, at: nil,
            how: "\(use.release.clause), and should be \(kind.release)"))
        continue
      }
      chain.append(
        step(function, places, "its \(table.layout.release.name), should be \(kind.release)"))
    }
    return Cause(
      summary: releases.joined(separator: ", ") + "; \(opener.name)\(source) called "
        + opener.callee, chain: chain)
  }

  private func step(_ function: Symbol, _ places: SourcePlaces, _ how: String) -> Cause.Step {
    Cause.Step(
      symbol: function.plainName, module: function.module,
      at: places.ofFunction(at: function.address), how: how)
  }
}

extension Cause.Step {
  fileprivate init(symbol: String, module: String?, at place: SourceLine?, how: String) {
    self.init(
      symbol: symbol, module: module, file: place?.portableFile, line: place?.line, how: how)
  }
}

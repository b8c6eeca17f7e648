import DebugInfo
import Elfutils
import Evidence
import Memory
import Transcript

/// The debug files of modules that a saved text names, placed where their symbols in it lie.
struct TextModuleFiles {
  /// The files that could be placed.
  private(set) var files: [ModuleDebugFile] = []
  /// What the user should know.
  private(set) var remarks: [String] = []

  /// The sections in which symbols of interest lie.
  private static let sections = [
    ".text", ".text.unlikely", ".text.hot", ".noinstr.text", ".exit.text", ".rodata", ".data",
    ".bss", ".data..read_mostly", ".data..ro_after_init", ".ref.data",
    ".gnu.linkonce.this_module",
  ]
  /// How far apart the sections are put to tell them apart; no module is larger.
  private static let spacing: UInt64 = 1 << 32

  /// Finds files among those that the user names; throws when one of these is no module's.
  init(_ facts: SessionFacts, given: [String], machine: Machine) throws(IntakeFailure) {
    guard !given.isEmpty else { return }
    let candidates = try ModuleFileChoice.candidates(given)
    let symbols = SessionEvidence(facts, textSize: 0).subject.symbols
    let shown = Dictionary(grouping: (0..<symbols.count).map { symbols[$0] }) { $0.module ?? "" }
    for (name, paths) in candidates.sorted(by: { $0.key < $1.key }) {
      guard let known = shown[name] else { continue }
      for path in paths { add(path, name, known, machine) }
    }
    if files.isEmpty {
      remarks.append("none of the modules' files could be placed: the text shows no symbol of them")
    }
  }

  private mutating func add(_ path: String, _ name: String, _ shown: [Symbol], _ machine: Machine) {
    guard !files.contains(where: { $0.name == name }) else { return }
    do throws(DebugFileFailure) {
      let apart = Dictionary(
        uniqueKeysWithValues: Self.sections.enumerated().map {
          ($1, VirtualAddress(UInt64($0 + 1) * Self.spacing))
        })
      let linked = try ModuleDebugFile(path: path, name: name, sections: apart, expecting: machine)
      var builder = SymbolTableBuilder()
      linked.addSymbols(to: &builder)
      let places = Self.places(shown, linked: SymbolTable(builder))
      guard !places.isEmpty else {
        remarks.append("\(path): its symbols lie elsewhere than those in the text: not used")
        return
      }
      files.append(
        try ModuleDebugFile(path: path, name: name, sections: places, expecting: machine))
    } catch {
      remarks.append("\(path): \(error): not used")
    }
  }

  /// Where each section begins, if all symbols of it in the text agree.
  private static func places(_ shown: [Symbol], linked: SymbolTable) -> [String: VirtualAddress] {
    var starts: [Int: Set<UInt64>] = [:]
    for symbol in shown {
      let found = linked.symbols(named: symbol.name)
      guard found.count == 1, let place = found.first?.address.rawValue else { continue }
      let (section, offset) = place.quotientAndRemainder(dividingBy: spacing)
      starts[Int(section) - 1, default: []].insert(symbol.address.rawValue &- offset)
    }
    var places: [String: VirtualAddress] = [:]
    for (section, starts) in starts where starts.count == 1 && sections.indices.contains(section) {
      places[sections[section]] = starts.first.map { VirtualAddress($0) }
    }
    return places
  }
}

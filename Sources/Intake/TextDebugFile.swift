import DebugInfo
import Elfutils
import Evidence
import Transcript

/// The debug file that the user names for a saved text, and how far the kernel ran from it.
struct TextDebugFile {
  private(set) var symbols: SymbolTable?
  private(set) var types: (any TypeSource)?
  private(set) var relocation: UInt64?
  private(set) var description: InputDescription.DebugFile
  private(set) var remarks: [String] = []
  /// The modules whose types are known.
  private(set) var typedModules: Set<String> = []

  /// Opens the file, if one is named; throws when it is of no use or another kernel's.
  init(_ facts: SessionFacts, _ options: CaseOptions) throws(IntakeFailure) {
    guard let path = options.vmlinux else {
      description = .missing(
        sentence: "a text needs none, but --vmlinux names types and more addresses")
      if !options.modules.isEmpty { remarks = ["--modules is of use with --vmlinux only"] }
      return
    }
    let file: KernelDebugFile
    do throws(DebugFileFailure) {
      file = try KernelDebugFile(path: path)
    } catch {
      throw IntakeFailure(error, path: path)
    }
    var linked = SymbolTableBuilder()
    file.addSymbols(to: &linked, relocation: 0)
    let vote = RelocationVote(facts, linked: SymbolTable(linked))
    let agrees = vote.map { $0.agreeing * 2 > $0.compared }
    guard agrees != false || options.force else {
      throw IntakeFailure(
        .data,
        "\(path): its symbols lie elsewhere than those in the text: it is of another build; "
          + "insist with --force")
    }
    let relocation = vote?.relocation ?? facts.banner.relocation ?? 0
    var builder = SymbolTableBuilder()
    file.addSymbols(to: &builder, relocation: relocation)
    let modules = try TextModuleFiles(facts, given: options.modules, machine: file.machine)
    for module in modules.files { module.addSymbols(to: &builder) }
    typedModules = Set(modules.files.filter(\.hasTypes).map(\.name))
    let table = SymbolTable(builder)
    self.relocation = relocation
    symbols = table
    types = DwarfTypes(
      kernel: file, relocation: relocation, modules: modules.files, symbols: table)
    if let vote {
      description = .found(
        path: path,
        match:
          "\(vote.agreeing.grouped) of \(vote.compared.counted("symbol")) in the text lie where "
          + "it has them")
    } else {
      description = .found(
        path: path, match: "nothing in the text that could tell whether it is the kernel's")
      remarks = ["whether \(path) belongs to this kernel cannot be told"]
    }
    remarks += modules.remarks
  }
}

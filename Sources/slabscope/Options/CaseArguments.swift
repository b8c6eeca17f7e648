import ArgumentParser
import Evidence
import Intake
import Memory
import Trimming

/// The dump, and what is needed to read it.
struct CaseArguments: ParsableArguments {
  @Argument(
    help: "A vmcore in any format, all parts of a split one, or saved texts; - is text from stdin.",
    completion: .file())
  var input: [String]

  @Option(
    help: ArgumentHelp(
      "The kernel's debug file (ELF with DWARF, also .xz). Else it is looked for where "
        + "distributions put it.", valueName: "file"), completion: .file())
  var vmlinux: String?

  @Option(
    help: ArgumentHelp(
      "A module with debug information, or a directory of them. May be repeated.",
      valueName: "path"), completion: .file())
  var modules: [String] = []

  @Option(
    help: ArgumentHelp(
      "Where a raw copy of memory begins: the physical address of its first byte.",
      valueName: "address"))
  var physBase: KernelAddress?

  @Flag(help: "Go on with a vmlinux that is of another build than the dump's kernel.")
  var force = false

  private var options: CaseOptions {
    CaseOptions(
      vmlinux: vmlinux, modules: modules,
      rawStart: physBase.map { PhysicalAddress($0.address.rawValue) }, force: force)
  }

  /// What the inputs are, whether they can be used or not.
  func describe() async throws -> InputDescription {
    try await Case.describe(input, options: options)
  }

  /// The crash commands that would close the gaps in saved text.
  func questions() throws -> String { try Case.questions(input, options: options) }

  /// Reads the case and lets `body` work on it, while a line on the terminal says what is done.
  ///
  /// `extent` is what `body` needs beyond the slab caches; without `needsSlabs`, a dump need not
  /// have any.
  func open<Result>(
    _ extent: CaseExtent = [], needsSlabs: Bool = true,
    _ body: (Subject, InputDescription, ProgressLine?) async throws -> Result
  ) async throws -> Result {
    let progress = ProgressLine()
    defer { progress?.end() }
    let (subject, description) = try await Case.open(
      input, options: options, extent: extent, needsSlabs: needsSlabs, progress: progress)
    return try await body(subject, description, progress)
  }

  /// Lets `work` look at a dump, and then `finish` at what was looked at in all that.
  func trim<Result>(
    redacting isRedacted: Bool,
    _ work: (Subject, InputDescription, ProgressLine?) async throws -> Void,
    then finish: (TrimmedDump, InputDescription, ProgressLine?) async throws -> Result
  ) async throws -> Result {
    let progress = ProgressLine()
    defer { progress?.end() }
    let (dump, description) = try await Case.trim(
      input, options: options, isRedacted: isRedacted, progress: progress
    ) {
      try await work($0, $1, progress)
    }
    return try await finish(dump, description, progress)
  }

  /// The files that are read, with all module files of folders.
  var files: [String] { input + options.files }

  /// The same way to read other inputs.
  func replacing(input: [String]) -> CaseArguments {
    var arguments = self
    arguments.input = input
    return arguments
  }

  /// The arguments as they can be typed again behind a verb.
  var commandLine: String {
    var words = input
    if let vmlinux { words += ["--vmlinux", vmlinux] }
    for module in modules { words += ["--modules", module] }
    if let physBase { words += ["--phys-base", physBase.address.description] }
    if force { words.append("--force") }
    return words.map(\.shellQuoted).joined(separator: " ")
  }
}

extension String {
  /// The word in quotes where a shell would not take it as it is.
  fileprivate var shellQuoted: String {
    let isPlain = unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0)
        || "/._-+:,=@%".unicodeScalars.contains($0)
    }
    return isPlain && !isEmpty ? self : "'" + replacing("'", with: #"'\''"#) + "'"
  }
}

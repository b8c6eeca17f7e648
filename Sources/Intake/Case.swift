public import Evidence
import KernelImage
public import Trimming

/// A leak case: the inputs that somebody has of one kernel.
public enum Case {
  /// Says what the inputs are, even where they are not enough for an analysis.
  ///
  /// Throws when an input cannot be read at all.
  public static func describe(
    _ inputs: [String], options: CaseOptions
  ) async throws(IntakeFailure) -> InputDescription {
    var dumps: [String] = []
    if let text = try TextCase(inputs, others: &dumps), dumps.isEmpty {
      return text.description(options)
    }
    return await (try DumpCase(paths: dumps, options)).description(options)
  }

  /// Gathers the evidence that the inputs hold: texts, or a dump and texts that go with it.
  ///
  /// Throws when an input cannot be read, or nothing can be told without something that is missing:
  /// of a dump without a single slab, if `needsSlabs`.
  public static func open(
    _ inputs: [String], options: CaseOptions, extent: CaseExtent = .all, needsSlabs: Bool = true,
    progress: (any ProgressSink)? = nil
  ) async throws(IntakeFailure) -> (subject: Subject, input: InputDescription) {
    var dumps: [String] = []
    let text = try TextCase(inputs, others: &dumps)
    if let text, dumps.isEmpty {
      progress?.began("reading text")
      return try text.subject(options)
    }
    let dump = try DumpCase(paths: dumps, options)
    var outcome = try await dump.outcome(options, extent: extent, progress: progress)
    if needsSlabs { try dump.requireSlabs(outcome) }
    text?.supplement(&outcome.subject, &outcome.input)
    return (outcome.subject, outcome.input)
  }

  /// Gathers the evidence in a dump and lets `work` do what it can with it; then makes a dump of
  /// what was looked at in all this.
  ///
  /// With `isRedacted`, text and data are replaced in it. Throws what `work` throws, and
  /// `IntakeFailure` when the inputs are no dump that can be analysed.
  public static func trim(
    _ inputs: [String], options: CaseOptions, isRedacted: Bool, progress: (any ProgressSink)? = nil,
    work: (Subject, InputDescription) async throws -> Void
  ) async throws -> (dump: TrimmedDump, input: InputDescription) {
    var dumps: [String] = []
    guard try TextCase(inputs, others: &dumps) == nil else {
      throw IntakeFailure(.usage, "text cannot be trimmed: name a dump")
    }
    let touched = TouchedFrames()
    let dump = try DumpCase(paths: dumps, options, touched: touched)
    let outcome = try await dump.outcome(options, extent: .all, progress: progress)
    try dump.requireSlabs(outcome)
    try await work(outcome.subject, outcome.input)
    let debuggers = DebuggerPages(outcome.kernel)
    var redactor: Redactor?
    if isRedacted {
      debuggers.readPageStructs()
      redactor = Redactor(
        outcome.subject, directMapBase: outcome.kernel.pages.directMapBase)
    } else {
      debuggers.look()
    }
    guard
      let trimmed = TrimmedDump(
        dump.dump, census: outcome.subject.census, machine: outcome.kernel.machine,
        touched: touched, uname: isRedacted ? debuggers.plainUname : debuggers.uname,
        directMapBase: outcome.kernel.pages.directMapBase, redactor: redactor)
    else { throw IntakeFailure(.data, "the dump claims more memory than any machine has") }
    return (trimmed, outcome.input)
  }

  /// A file of crash commands that would close the gaps in saved text.
  ///
  /// Throws when an input cannot be read or is no text.
  public static func questions(
    _ inputs: [String], options: CaseOptions
  ) throws(IntakeFailure) -> String {
    try text(inputs).questions(options)
  }

  /// Hands over the lines of saved text that were not understood, each with its file and number.
  ///
  /// Throws what `body` throws, and `IntakeFailure` when an input cannot be read or is no text.
  public static func unreadLines(
    _ inputs: [String], _ body: (_ file: String, _ number: Int, _ line: String) throws -> Void
  ) throws {
    try text(inputs).unreadLines(body)
  }

  private static func text(_ inputs: [String]) throws(IntakeFailure) -> TextCase {
    var others: [String] = []
    guard let text = try TextCase(inputs, others: &others), others.isEmpty else {
      throw IntakeFailure(.usage, "\(others.first ?? "the input") is not text: a dump has it all")
    }
    return text
  }
}

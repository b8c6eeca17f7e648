public import Evidence

/// A leak case: the inputs that somebody has of one kernel.
public enum Case {
  /// Says what the inputs are, even where they are not enough for an analysis.
  ///
  /// Throws when an input cannot be read at all.
  public static func describe(
    _ inputs: [String], options: CaseOptions
  ) throws(IntakeFailure) -> InputDescription {
    if let text = try TextCase(inputs) { return text.description(options) }
    return try DumpCase(paths: inputs, options).description(options)
  }

  /// Gathers the evidence that the inputs hold.
  ///
  /// Throws when an input cannot be read, or nothing can be told without something that is missing.
  public static func open(
    _ inputs: [String], options: CaseOptions, progress: (any ProgressSink)? = nil
  ) async throws(IntakeFailure) -> (subject: Subject, input: InputDescription) {
    if let text = try TextCase(inputs) {
      progress?.began("reading text")
      return try text.subject(options)
    }
    let dump = try DumpCase(paths: inputs, options)
    return try await dump.subject(options, progress: progress)
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
    guard let text = try TextCase(inputs) else {
      throw IntakeFailure(.usage, "\(inputs.first ?? "the input") is not text: a dump has it all")
    }
    return text
  }
}

public import Evidence

/// A leak case: the inputs that somebody has of one kernel.
public enum Case {
  /// Says what the inputs are, even where they are not enough for an analysis.
  ///
  /// Throws when an input cannot be read at all.
  public static func describe(
    _ inputs: [String], options: CaseOptions
  ) throws(IntakeFailure) -> InputDescription {
    try DumpCase(path: try onlyInput(inputs)).description(options)
  }

  /// Gathers the evidence that the inputs hold.
  ///
  /// Throws when an input cannot be read, or nothing can be told without something that is missing.
  public static func open(
    _ inputs: [String], options: CaseOptions, progress: (any ProgressSink)? = nil
  ) async throws(IntakeFailure) -> (subject: Subject, input: InputDescription) {
    let dump = try DumpCase(path: try onlyInput(inputs))
    return try await dump.subject(options, progress: progress)
  }

  private static func onlyInput(_ inputs: [String]) throws(IntakeFailure) -> String {
    guard let first = inputs.first else {
      throw IntakeFailure(.usage, "no input: name a dump")
    }
    guard inputs.count == 1 else {
      throw IntakeFailure(
        .usage, "\(inputs.count) inputs: one dump can be read at a time; name just one")
    }
    return first
  }
}

/// How the tool ends, from `sysexits.h` where that has a name for it.
public enum ExitStatus: Int32, Hashable, Sendable {
  /// Done.
  case done = 0
  /// Only from `check`: something leaks that the baseline does not have.
  case leaks = 1
  /// The command line was not understood.
  case usage = 64
  /// An input is not what it claims to be, or beyond use.
  case data = 65
  /// An input does not exist.
  case noInput = 66
  /// A fault of the tool's own.
  case software = 70
  /// The output cannot be written.
  case cannotCreate = 73
  /// Reading or writing failed.
  case inputOutput = 74
}

/// Why the inputs cannot be used: one sentence for the user, and how the tool ends.
public struct IntakeFailure: Error, Hashable, Sendable {
  /// How the tool ends.
  public let status: ExitStatus
  /// What is wrong, where, and what to do about it.
  public let sentence: String

  /// Describes a failure.
  public init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }
}

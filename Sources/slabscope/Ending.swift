import ArgumentParser
import ByteKit
import Glibc
import Intake

/// What the user asked for cannot be done: one sentence, and how the tool ends.
struct Complaint: Error {
  let status: ExitStatus
  let sentence: String

  init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }
}

/// How the tool ends other than by being done: its exit status and what it says.
struct Ending {
  let status: ExitStatus
  /// One sentence for standard error.
  let sentence: String?
  /// Text that was asked for, such as help, for standard output.
  let text: String?

  /// Finds the ending that an error stands for.
  init(_ error: any Error) {
    switch error {
    case let failure as IntakeFailure: self.init(failure.status, failure.sentence)
    case let complaint as Complaint: self.init(complaint.status, complaint.sentence)
    case is ClosedPipe: self.init(.done, nil)
    default: self.init(fromParser: error)
    }
  }

  private init(_ status: ExitStatus, _ sentence: String?, text: String? = nil) {
    self.status = status
    self.sentence = sentence
    self.text = text
  }

  /// A request for help, a command line that was not understood, or an error that nobody expected.
  private init(fromParser error: any Error) {
    switch Slabscope.exitCode(for: error) {
    case .success: self.init(.done, nil, text: Slabscope.fullMessage(for: error))
    case .validationFailure:
      let message = Slabscope.message(for: error).split(separator: "\n").joined(separator: " ")
      self.init(.usage, "\(message.lowercasedFirst) (see slabscope --help)")
    default: self.init(.software, "a fault of its own: \(error)")
    }
  }

  /// Says what there is to say and ends the process.
  func take() -> Never {
    // Nobody is left to be told of a failure to write this.
    if let text { try? OutputFile.standardOutput.write(Array("\(text)\n".utf8)) }
    if let sentence { try? OutputFile.standardError.write(Array("slabscope: \(sentence)\n".utf8)) }
    exit(status.rawValue)
  }
}

extension String {
  /// The sentence as it stands behind a colon, without its full stop.
  fileprivate var lowercasedFirst: String {
    let sentence = hasSuffix(".") ? String(dropLast()) : self
    return sentence.prefix(1).lowercased() + sentence.dropFirst()
  }
}

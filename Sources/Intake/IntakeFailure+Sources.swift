import ByteKit
import DumpFiles
import Elfutils

extension IntakeFailure {
  /// What a dump's failure means to the user.
  init(_ failure: DumpFailure, path: String) {
    guard case .system(let system) = failure else {
      self.init(.data, "\(path): \(failure.sentence)")
      return
    }
    self.init(system, path: path, sentence: failure.sentence)
  }

  /// What a debug file's failure means to the user.
  init(_ failure: DebugFileFailure, path: String) {
    guard case .system(let system) = failure else {
      self.init(.data, "\(path): \(failure)")
      return
    }
    self.init(system, path: path, sentence: failure.description)
  }

  /// What a failed system call means to the user.
  init(_ failure: SystemFailure, path: String) {
    self.init(failure, path: path, sentence: DumpFailure.system(failure).sentence)
  }

  private init(_ system: SystemFailure, path: String, sentence: String) {
    let status: ExitStatus =
      if system.isMissingFile {
        .noInput
      } else if system.isDirectory || system.isNoFile {
        .data
      } else {
        .inputOutput
      }
    self.init(status, system.isMissingFile ? "\(path): no such file" : "\(path): \(sentence)")
  }
}

import ByteKit
import Dispatch
import Glibc
import Synchronization

/// The files that are being written: none is left behind when a signal ends the process.
final class UnfinishedFiles: Sendable {
  static let shared = UnfinishedFiles()

  private let files = Mutex<[String: OutputFile]>([:])

  private init() {
    // Not a task: those of the analysis may occupy every thread that runs them.
    let queue = DispatchQueue(label: "signals")
    for ending in EndingSignal.allCases where !ending.isIgnored {
      let source = DispatchSource.makeSignalSource(signal: ending.number, queue: queue)
      source.setEventHandler { [self] in
        // A source that nobody names any more is gone.
        withExtendedLifetime(source) { end(by: ending) }
      }
      signal(ending.number, SIG_IGN)
      source.resume()
    }
  }

  private func end(by signal: EndingSignal) {
    // Never unlocked: no file is begun or finished any more.
    files.withLock { files in
      for file in files.values { file.remove() }
      signal.endProcess()
    }
  }

  /// Creates a file; throws `SystemFailure` when that fails or there is one.
  func create(_ path: String) throws(SystemFailure) -> OutputFile {
    try files.withLock { files throws(SystemFailure) in
      let file = try OutputFile(creating: path)
      files[path] = file
      return file
    }
  }

  /// Moves a complete file to its place; throws `SystemFailure` when that is not possible.
  func finish(_ file: OutputFile, as target: String) throws(SystemFailure) {
    try files.withLock { files throws(SystemFailure) in
      try file.move(to: target)
      files[file.path] = nil
    }
  }

  /// Removes a file that will not be complete.
  func discard(_ file: OutputFile) {
    files.withLock { files in
      file.remove()
      files[file.path] = nil
    }
  }
}

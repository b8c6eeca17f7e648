import ByteKit
import Dispatch
import Intake
import Synchronization

/// One line on a terminal that says what is being done, once it takes longer than a second.
final class ProgressLine: ProgressSink {
  private struct State {
    var step = ""
    var isDue = false
    var isShown = false
    var hasEnded = false
  }

  private let state = Mutex(State())

  /// Starts to wait; nil where nobody watches.
  init?() {
    guard OutputFile.standardError.isTerminal else { return nil }
    // Not a task: the tasks of the analysis may occupy every thread that runs them.
    DispatchQueue.global().asyncAfter(deadline: .now() + 1) { [weak self] in
      self?.state.withLock { state in
        state.isDue = true
        Self.show(&state)
      }
    }
  }

  /// Names the step that begins.
  func began(_ step: String) {
    state.withLock { state in
      state.step = step
      Self.show(&state)
    }
  }

  /// Clears the line, before anything else is written to the terminal.
  func end() {
    state.withLock { state in
      state.hasEnded = true
      if state.isShown { Self.write("\r\u{1B}[K") }
    }
  }

  private static func show(_ state: inout State) {
    guard state.isDue, !state.hasEnded, !state.step.isEmpty else { return }
    write("\r\u{1B}[K\(state.step) …")
    state.isShown = true
  }

  private static func write(_ text: String) {
    try? OutputFile.standardError.write(Array(text.utf8))
  }
}

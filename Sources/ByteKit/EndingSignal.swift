internal import Glibc

/// A signal by which somebody ends the process.
public enum EndingSignal: Sendable, CaseIterable {
  /// Ctrl-C.
  case interrupt
  /// What `kill` sends.
  case terminate
  /// The terminal was closed.
  case hangUp

  /// Its number.
  public var number: Int32 {
    switch self {
    case .interrupt: SIGINT
    case .terminate: SIGTERM
    case .hangUp: SIGHUP
    }
  }

  /// Whether it does nothing, as whoever started the process wanted: `nohup` does so.
  public var isIgnored: Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    let handler = unsafe action.__sigaction_handler.sa_handler
    return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Ends the process as the signal does when nobody handles it.
  public func endProcess() -> Never {
    signal(number, SIG_DFL)
    kill(getpid(), number)
    // It reaches another thread than this one, if any, and soon.
    sleep(1)
    _exit(128 + number)
  }
}

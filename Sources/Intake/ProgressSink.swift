/// Is told what is being done, for somebody who waits.
public protocol ProgressSink: Sendable {
  /// A step begins, such as `reading the page structs`.
  func began(_ step: String)
}

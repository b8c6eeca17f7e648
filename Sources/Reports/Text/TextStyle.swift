internal import Analysis

/// How text is set off on a terminal: with colours, or not at all.
public struct TextStyle: Hashable, Sendable {
  /// Whether escape sequences may be written.
  public let isColored: Bool

  /// Text without any escape sequence, for files and pipes.
  public static let plain = TextStyle(isColored: false)

  /// Chooses.
  public init(isColored: Bool) { self.isColored = isColored }

  /// Colours on a terminal that shows them, unless `NO_COLOR` is set to something.
  public init(isTerminal: Bool, environment: [String: String]) {
    isColored =
      isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// A heading, or the sentence that matters most.
  func strong(_ text: String) -> String { wrap(text, "1") }

  /// What is there for completeness.
  func faint(_ text: String) -> String { wrap(text, "2") }

  /// A certainty in brackets: the surer, the more alarming.
  func label(_ certainty: Certainty) -> String {
    let code =
      switch certainty {
      case .proven, .definite: "1;31"
      case .probable: "1;33"
      case .possible: "36"
      case .hint: "2"
      }
    return wrap("[\(certainty.rawValue)]", code)
  }

  private func wrap(_ text: String, _ code: String) -> String {
    isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

public import Evidence

/// A pattern that leaks are known by.
///
/// The documentation of a rule's type is its manual.
public protocol Rule: Sendable {
  /// What the rule is called: lower-case words with hyphens.
  var name: String { get }

  /// One line for the catalogue.
  var summary: String { get }

  /// The manual: what the pattern is, what it proves and what it does not, and what to do.
  var manual: String { get }

  /// Whether the rule looks at objects of any kind, knowing nothing of what they are.
  var isForAnyObjects: Bool { get }

  /// What the rule finds.
  func findings(in subject: Subject, groups: [CacheGroups]) async -> [Finding]
}

extension Rule {
  /// A rule knows what objects it looks for, unless it says otherwise.
  public var isForAnyObjects: Bool { false }
}

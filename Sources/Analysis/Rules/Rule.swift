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

  /// What the rule finds.
  func findings(in subject: Subject, groups: [CacheGroups]) async -> [Finding]
}

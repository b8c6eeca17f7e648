/// Debug information that lacks what a survey needs to know.
public struct LayoutFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is missing, such as `struct kmem_cache` or `kmem_cache.size`.
  public let missing: String

  /// Names what is missing.
  public init(missing: String) { self.missing = missing }

  /// A clause such as `the debug information does not tell kmem_cache.size`.
  public var description: String { "the debug information does not tell \(missing)" }
}

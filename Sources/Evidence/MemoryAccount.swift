/// Where memory went, by somebody's counters.
public struct MemoryAccount: Hashable, Sendable {
  /// Memory used for one purpose.
  public struct Part: Hashable, Sendable {
    /// What it is used for: lower-case words with underscores, such as `anonymous`.
    public let id: String
    /// Its size in bytes, or nil when it is not known.
    public let bytes: Int?
    /// What it consists of; need not add up to all of it.
    public let parts: [Part]

    /// Describes a part.
    public init(id: String, bytes: Int?, parts: [Part] = []) {
      self.id = id
      self.bytes = bytes
      self.parts = parts
    }
  }

  /// Where the numbers are from, such as `/proc/meminfo`.
  public let source: String
  /// The memory to be accounted for, in bytes, or nil when it is not known.
  public let total: Int?
  /// What it is used for; no two parts overlap.
  public let parts: [Part]

  /// Describes an account.
  public init(source: String, total: Int?, parts: [Part]) {
    self.source = source
    self.total = total
    self.parts = parts
  }

  /// The bytes of no part, or nil when the total or a part is not known.
  ///
  /// Negative when parts overlap or were counted at different times.
  public var unexplained: Int? {
    guard var rest = total else { return nil }
    for part in parts {
      guard let bytes = part.bytes else { return nil }
      let (next, overflow) = rest.subtractingReportingOverflow(bytes)
      guard !overflow else { return nil }
      rest = next
    }
    return rest
  }
}

/// Where memory went, by the state of its pages or by somebody's counters.
public struct MemoryAccount: Hashable, Sendable {
  /// What the kernel itself counts of memory used for one purpose.
  public struct Counter: Hashable, Sendable {
    /// What it is called in `/proc/meminfo`; a difference of counters has a minus sign in it.
    public let name: String
    /// Its value in bytes.
    public let bytes: Int

    /// Describes a counter.
    public init(name: String, bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Memory used for one purpose.
  public struct Part: Hashable, Sendable {
    /// What it is used for: lower-case words with underscores, such as `anonymous`; or, within a
    /// part, the name of what has it.
    public let id: String
    /// Its size in bytes, or nil when it is not known.
    public let bytes: Int?
    /// What it consists of; need not add up to all of it.
    public let parts: [Part]
    /// What the kernel counted of it, where pages were looked at and there is a counter.
    public let counter: Counter?

    /// Describes a part.
    public init(id: String, bytes: Int?, parts: [Part] = [], counter: Counter? = nil) {
      self.id = id
      self.bytes = bytes
      self.parts = parts
      self.counter = counter
    }
  }

  /// Where the numbers are from, such as `/proc/meminfo`.
  public let source: String
  /// The memory to be accounted for, in bytes, or nil when it is not known.
  public let total: Int?
  /// What it is used for; no two parts overlap.
  public let parts: [Part]
  /// Sentences about what does not fit together or could not be seen.
  public let remarks: [String]

  /// Describes an account.
  public init(source: String, total: Int?, parts: [Part], remarks: [String] = []) {
    self.source = source
    self.total = total
    self.parts = parts
    self.remarks = remarks
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

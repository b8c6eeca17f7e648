public import Memory

/// How sure a finding is, by the kind of evidence it rests on.
public enum Certainty: String, Hashable, Sendable, CaseIterable {
  /// Definite, and the defect in the code is located.
  case proven
  /// A scan of all kernel memory in the dump finds no reference that could keep the objects.
  case definite
  /// A known leak pattern; the scan was not made or not complete.
  case probable
  /// Told from a sample or from counters.
  case possible
  /// Unusual, no more.
  case hint
}

/// Something that leaks, or may: what, how much, whose, and why that is said.
public struct Finding: Hashable, Sendable {
  /// A number for this report: `F1` for the first finding.
  public var id: String
  /// The name of the rule that made it.
  public let rule: String
  /// The same for the same leak on every boot and machine: a hash of rule and template.
  public let fingerprint: String
  /// One sentence: what leaks, how much, and of which module.
  public internal(set) var title: String
  /// How sure it is.
  public let certainty: Certainty
  /// The address of the cache that holds the objects.
  public let cache: VirtualAddress?
  /// The name of that cache.
  public let cacheName: String?
  /// Where other caches are merged into that one: the name of these that the objects belong to.
  public let alias: String?
  /// The type of the objects, if known.
  public let type: String?
  /// The number of leaked objects, or nil when it is not known.
  public let count: Int?
  /// The memory they occupy in bytes, or nil when it is not known.
  public let bytes: Int?
  /// The part of the cache that its count is an estimate from; nil where all were counted.
  public internal(set) var sample: Sample?
  /// Whether there may be more, in what the dump lacks.
  public var isAtLeast = false
  /// The memory in bytes of all objects that these are a sample of, or nil when they are none.
  public let bytesAtStake: Int?
  /// Whether it is of a known way to leak, rather than of objects that merely look alike.
  public let isKnownPattern: Bool
  /// The module they are left by, or nil when it is the kernel or not known.
  public let module: String?
  /// The symbols that identify them, with their module in brackets.
  public let symbols: [String]
  /// What the certainty rests on, where that is something else than the word says in general.
  public let grounds: String?
  /// Sentences that support the finding, most important first.
  public var evidence: [String]
  /// The defect, where it was found.
  public let cause: Cause?
  /// How to check the finding by hand.
  public let verify: [Verification]
  /// The groups of objects it is about, largest first; empty when it is not about objects.
  public let groups: [ObjectGroup]
  /// The slots of objects that it is about without their being of a group, ascending.
  public let slots: [UInt32]

  /// Describes a finding.
  public init(
    id: String = "", rule: String, fingerprint: String, title: String, certainty: Certainty,
    cache: VirtualAddress?, cacheName: String?, alias: String? = nil, type: String?, count: Int?,
    bytes: Int?,
    bytesAtStake: Int? = nil, isKnownPattern: Bool = true, module: String?, symbols: [String],
    grounds: String? = nil, evidence: [String], cause: Cause? = nil,
    verify: [Verification], groups: [ObjectGroup] = [], slots: [UInt32] = []
  ) {
    self.id = id
    self.rule = rule
    self.fingerprint = fingerprint
    self.title = title
    self.certainty = certainty
    self.cache = cache
    self.cacheName = cacheName
    self.alias = alias
    self.type = type
    self.count = count
    self.bytes = bytes
    self.bytesAtStake = bytesAtStake
    self.isKnownPattern = isKnownPattern
    self.module = module
    self.symbols = symbols
    self.grounds = grounds
    self.evidence = evidence
    self.cause = cause
    self.verify = verify
    self.groups = groups
    self.slots = slots
  }
}

/// The defect behind a finding, and how the objects lead to it.
public struct Cause: Hashable, Sendable {
  /// One step from the objects to the line of code.
  public struct Step: Hashable, Sendable {
    /// A function or object.
    public let symbol: String
    /// The module it belongs to, or nil for the kernel.
    public let module: String?
    /// Its source file, if known.
    public let file: String?
    /// Its line in that file, if known.
    public let line: Int?
    /// How the step before leads here.
    public let how: String

    /// Describes a step.
    public init(symbol: String, module: String?, file: String?, line: Int?, how: String) {
      self.symbol = symbol
      self.module = module
      self.file = file
      self.line = line
      self.how = how
    }
  }

  /// The defect in one clause.
  public let summary: String
  /// The steps, from the objects to the defect.
  public let chain: [Step]

  /// Describes a defect.
  public init(summary: String, chain: [Step]) {
    self.summary = summary
    self.chain = chain
  }
}

/// A command that lets somebody check a finding with another tool.
public struct Verification: Hashable, Sendable {
  /// The tool: `crash` or `drgn`.
  public let tool: String
  /// What to type into it.
  public let command: String

  /// Describes a check.
  public init(tool: String, command: String) {
    self.tool = tool
    self.command = command
  }
}

public import Memory

/// Tells who allocated objects, where the kernel kept records of that.
public protocol AllocationRecords: Sendable {
  /// What is recorded of the object in a slot of the census, or nil when nothing is.
  func record(of slot: Int) -> AllocationRecord?

  /// Who allocated the objects in some slots of the census, or nil when no record is kept of them.
  func sites(of slots: [UInt32]) -> AllocationSites?
}

/// What a kernel recorded of one object.
public struct AllocationRecord: Hashable, Sendable {
  /// The call that allocated it.
  public var allocation: RecordedCall?
  /// The call that freed what was in its slot last, which for an allocated object was another one.
  public var free: RecordedCall?
  /// The line of code that allocated it.
  public var line: AllocationLine?

  /// Describes what is recorded; what is not known is nil.
  public init(
    allocation: RecordedCall? = nil, free: RecordedCall? = nil, line: AllocationLine? = nil
  ) {
    self.allocation = allocation
    self.free = free
    self.line = line
  }
}

/// A call of the allocator, as the kernel recorded it.
public struct RecordedCall: Hashable, Sendable {
  /// Return addresses: first that of the caller of the allocator, then its callers'.
  public let stack: [VirtualAddress]
  /// The CPU that it ran on.
  public let cpu: Int
  /// The process that made it; 0 for one that was interrupted idling.
  public let pid: Int
  /// How many seconds before the dump that was, if it can be told.
  public let age: Double?

  /// Describes a call.
  public init(stack: [VirtualAddress], cpu: Int, pid: Int, age: Double?) {
    self.stack = stack
    self.cpu = cpu
    self.pid = pid
    self.age = age
  }
}

/// A line of source code that allocates memory, as the kernel knows it by itself.
public struct AllocationLine: Hashable, Sendable {
  /// The file, as the compiler was given it.
  public let file: String
  /// The line, counted from 1.
  public let line: Int
  /// The function.
  public let function: String
  /// The module, or nil for the kernel itself.
  public let module: String?

  /// Names a line.
  public init(file: String, line: Int, function: String, module: String?) {
    self.file = file
    self.line = line
    self.function = function
    self.module = module
  }
}

/// Who allocated some objects.
public struct AllocationSites: Hashable, Sendable {
  /// A way to the allocator.
  public struct Site: Hashable, Sendable {
    /// How many of the objects came this way.
    public let count: Int
    /// Return addresses: that of the caller of the allocator and a few of its callers'.
    public let stack: [VirtualAddress]
    /// The line of code.
    public let line: AllocationLine?

    /// Describes a way.
    public init(count: Int, stack: [VirtualAddress], line: AllocationLine?) {
      self.count = count
      self.stack = stack
      self.line = line
    }
  }

  /// How many objects were looked at: all of them, or an even sample.
  public let examined: Int
  /// How many of these have a record that can be read.
  public let recorded: Int
  /// The ways, the one that most objects came first; rare ones are left out.
  public let sites: [Site]
  /// How many seconds before the dump the last and the first was allocated, if that can be told.
  public let ages: ClosedRange<Double>?

  /// Describes who allocated objects.
  public init(examined: Int, recorded: Int, sites: [Site], ages: ClosedRange<Double>?) {
    self.examined = examined
    self.recorded = recorded
    self.sites = sites
    self.ages = ages
  }
}

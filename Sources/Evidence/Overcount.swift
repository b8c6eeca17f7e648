public import Memory

/// Compares the reference counts in objects with what holds these objects.
public protocol ReferenceAudit: Sendable {
  /// The objects whose counts are larger than everything in memory that may hold them explains.
  func overcounts() async -> [Overcount]
}

/// Objects of one type and kind whose reference counts are too large.
///
/// Every count is the sum of what is known to be kept without a pointer, of the words in memory that
/// lead to the object and so may belong to a holder, and of what is left over.
public struct Overcount: Hashable, Sendable {
  /// How many known holders of each kind the objects have; each is one of the words that lead to
  /// them.
  public struct Holders: Hashable, Sendable {
    /// The number of each kind, by the name of the structure that holds.
    public private(set) var counts: [String: Int] = [:]

    /// Starts with none.
    public init() {}

    /// All of them.
    public var total: Int { counts.values.reduce(0, +) }

    /// Adds holders of one kind.
    public mutating func add(_ kind: String, _ count: Int = 1) {
      if count > 0 { counts[kind, default: 0] += count }
    }

    /// Adds those of another object.
    public mutating func add(_ other: Holders) { counts.merge(other.counts, uniquingKeysWith: +) }
  }

  /// The type of the objects, such as `dentry`.
  public var type: String
  /// The member that has their count.
  public var count: String
  /// How drgn computes the count of an object `o`.
  public var expression: String
  /// The name of their file system, such as `tmpfs`, if they belong to one.
  public var fileSystem: String?
  /// The table of functions that they all have, if their type has such.
  public var operations: VirtualAddress?
  /// A name that they all have, such as that of a device, a program or a protocol.
  public var label: String?
  /// The directory that all of them lie in, if they lie in one.
  public var directory: String?
  /// The names of the first of them.
  public var examples: [String] = []
  /// The address of the first of them.
  public var first: VirtualAddress?
  /// The slots of the objects, ascending.
  public var slots: [UInt32] = []
  /// The slots of other objects that these keep, such as inodes, ascending.
  public var kept: [UInt32] = []
  /// The sum of their counts.
  public var references = 0
  /// How many of these references may be held without a pointer, as by their file system.
  public var pins = 0
  /// The known holders.
  public var holders = Holders()
  /// How many words of the kernel's memory lead to the objects and may belong to a holder.
  public var words = 0
  /// How many references are left over.
  public var surplus = 0
  /// How many more were taken with references that another finding is about: of mounts with dentries.
  public var explained = 0
  /// How many references to mounts were taken with these to dentries, as whole paths.
  public var mountReferences = 0
  /// How many of the objects are dentries that cannot be found by name any more.
  public var unhashed = 0
  /// How much of the kernel's memory was looked at.
  public var coverage: ScanCoverage

  /// Describes objects; the counts are 0 at first.
  public init(
    type: String, count: String, fileSystem: String? = nil, operations: VirtualAddress? = nil,
    label: String? = nil, directory: String? = nil, examples: [String] = [],
    coverage: ScanCoverage
  ) {
    self.type = type
    self.count = count
    expression = "o.\(count)"
    self.fileSystem = fileSystem
    self.operations = operations
    self.label = label
    self.directory = directory
    self.examples = examples
    self.coverage = coverage
  }
}

public import Memory

/// Compares the reference counts in objects with what holds these objects.
public protocol ReferenceAudit: Sendable {
  /// The objects whose counts are larger than everything in memory that may hold them explains.
  func overcounts() async -> [Overcount]
}

/// Objects of one file system whose reference counts are too large.
///
/// Every count is the sum of what the file system keeps for itself, of the words in memory that lead
/// to the object and so may belong to a holder, and of what is left over.
public struct Overcount: Hashable, Sendable {
  /// How many holders of each kind the objects have; each is one of the words that lead to them.
  public struct Holders: Hashable, Sendable {
    /// Objects of the same type below them in a tree.
    public var children = 0
    /// Open files.
    public var files = 0
    /// Mounts: their roots and the places where they are mounted.
    public var mounts = 0
    /// Root and working directories of processes.
    public var directories = 0

    /// Starts with none.
    public init() {}

    /// All of them.
    public var total: Int { children + files + mounts + directories }

    /// Adds those of another object.
    public mutating func add(_ other: Holders) {
      children += other.children
      files += other.files
      mounts += other.mounts
      directories += other.directories
    }
  }

  /// The type of the objects, such as `dentry`.
  public var type: String
  /// The name of their file system, such as `tmpfs`.
  public var fileSystem: String
  /// The address of its `struct super_block`.
  public var superblock: VirtualAddress
  /// The directory that all of them lie in, if they lie in one.
  public var directory: String?
  /// The names of the first of them.
  public var examples: [String]
  /// The slots of the objects, ascending.
  public var slots: [UInt32]
  /// The slots of other objects that these keep: their inodes, ascending.
  public var kept: [UInt32]
  /// The sum of their counts.
  public var references: Int
  /// How many of these references the file system may keep for itself, with no pointer to it.
  public var pins: Int
  /// The holders that were found.
  public var holders: Holders
  /// How many words of the kernel's memory lead to the objects and may belong to a holder.
  public var words: Int
  /// How many references are left over.
  public var surplus: Int
  /// How many of the objects cannot be found by name any more.
  public var unhashed: Int
  /// How much of the kernel's memory was looked at.
  public var coverage: ScanCoverage

  /// Describes objects of a file system; the counts are 0 at first.
  public init(
    type: String, fileSystem: String, superblock: VirtualAddress, directory: String? = nil,
    examples: [String] = [], coverage: ScanCoverage
  ) {
    self.type = type
    self.fileSystem = fileSystem
    self.superblock = superblock
    self.directory = directory
    self.examples = examples
    self.coverage = coverage
    slots = []
    kept = []
    holders = Holders()
    (references, pins, words, surplus, unhashed) = (0, 0, 0, 0, 0)
  }
}

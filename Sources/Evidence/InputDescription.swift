/// What the inputs are, as far as can be told without reading all of them.
public struct InputDescription: Hashable, Sendable {
  /// A file that was given.
  public struct File: Hashable, Sendable {
    /// The path as given.
    public let path: String
    /// Its size in bytes.
    public let size: Int
    /// What it is, such as `kdump-compressed (zlib), flattened`.
    public let format: String

    /// Describes a file.
    public init(path: String, size: Int, format: String) {
      self.path = path
      self.size = size
      self.format = format
    }
  }

  /// How many page frames are in one condition.
  public struct PageCount: Hashable, Sendable {
    /// The condition.
    public let condition: PageCondition
    /// The number of page frames.
    public let pages: Int

    /// Describes a count.
    public init(condition: PageCondition, pages: Int) {
      self.condition = condition
      self.pages = pages
    }
  }

  /// What is known of the kernel's debug file.
  public enum DebugFile: Hashable, Sendable {
    /// It was found and belongs to the kernel; the sentence says how that is known.
    case found(path: String, match: String)
    /// None was found; the sentence says where it was looked for and which package has it.
    case missing(sentence: String)
    /// One was found that is of no use; the sentence says why.
    case unusable(path: String, sentence: String)
    /// None was looked for, or the one that was named was not opened: the dump has no kernel that
    /// it could be of. The remarks say why.
    case untried(path: String?)
  }

  /// A loaded module, and the file that its types come from.
  public struct ModuleFile: Hashable, Sendable {
    /// Its name, as `lsmod` shows it.
    public let name: String
    /// The path of its file, or nil when none is used.
    public let path: String?

    /// Describes a module.
    public init(name: String, path: String?) {
      self.name = name
      self.path = path
    }
  }

  /// The files that were given.
  public var files: [File]
  /// Which kernel they are of.
  public let kernel: KernelIdentity
  /// The size of a page in bytes.
  public let pageSize: Int
  /// The makedumpfile dump level, or nil when the format does not tell.
  public let dumpLevel: Int?
  /// The page frames by condition, the present ones first; those that are no memory are not counted.
  public let pages: [PageCount]
  /// The page frames between these that are no memory, or of which the dump says nothing.
  public let holes: Int
  /// The kernel's debug file.
  public let vmlinux: DebugFile
  /// The loaded modules, in the kernel's order; nil where they are not known.
  public var modules: [ModuleFile]?
  /// Sentences for the user about what is missing or doubtful.
  public let remarks: [String]

  /// Describes the inputs.
  public init(
    files: [File], kernel: KernelIdentity, pageSize: Int, dumpLevel: Int?, pages: [PageCount],
    holes: Int = 0, vmlinux: DebugFile, remarks: [String]
  ) {
    self.files = files
    self.kernel = kernel
    self.pageSize = pageSize
    self.dumpLevel = dumpLevel
    self.pages = pages
    self.holes = holes
    self.vmlinux = vmlinux
    self.remarks = remarks
  }
}

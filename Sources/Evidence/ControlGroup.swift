public import Memory

/// A control group that memory is charged to: the kernel's `struct mem_cgroup`.
public struct ControlGroup: Hashable, Sendable {
  /// The pages of one kind that are charged to a group itself.
  public struct Pages: Hashable, Sendable {
    /// What they are: `anonymous memory`, or the type of the file system, such as `tmpfs`.
    public let kind: String
    /// How many there are.
    public let count: Int

    /// Describes pages.
    public init(kind: String, count: Int) {
      self.kind = kind
      self.count = count
    }
  }

  /// The address of its `struct mem_cgroup`.
  public let address: VirtualAddress
  /// Its path in its hierarchy, such as `/system.slice/cron.service`; nil when it cannot be read.
  public let path: String?
  /// The index of the group it lies in, among those before it; nil for the root.
  public let parent: Int?
  /// Whether it was removed, and lives on because something still refers to it.
  public let isDying: Bool
  /// The pages that the kernel counts as charged to it and to those in it, if known.
  public let charged: Int?
  /// The pages of these that were swapped out, beside `charged`, if known.
  public let swapped: Int?
  /// How many references keep a dying group, by the kernel's count, if known.
  public let references: Int?
  /// The pages that are charged to a dying group itself, the most first; nil where not looked for.
  public var pages: [Pages]?
  /// How many sockets refer to a dying group; nil where not looked for.
  public var sockets: Int?
  /// How many processes that ended in a dying group were not waited for; nil where not looked for.
  public var processes: Int?

  /// Describes a group.
  public init(
    address: VirtualAddress, path: String?, parent: Int?, isDying: Bool = false,
    charged: Int? = nil, swapped: Int? = nil, references: Int? = nil, pages: [Pages]? = nil,
    sockets: Int? = nil, processes: Int? = nil
  ) {
    self.address = address
    self.path = path
    self.parent = parent
    self.isDying = isDying
    self.charged = charged
    self.swapped = swapped
    self.references = references
    self.pages = pages
    self.sockets = sockets
    self.processes = processes
  }

  /// Its path, or where it is when that is not known.
  public var name: String { path ?? "mem_cgroup \(address)" }
}

public import Memory

/// A process or thread.
public struct Task: Hashable, Sendable {
  /// Its process ID.
  public let pid: Int
  /// The ID of the process that started it, if known.
  public let parent: Int?
  /// Its command name; a kernel thread's without the brackets that `ps` puts around it.
  public let name: String
  /// The address of its `struct task_struct`, if known.
  public let address: VirtualAddress?
  /// Its state as `ps` abbreviates it, if known.
  public let state: String?
  /// The memory it occupies, in bytes, or nil when it is not known.
  public let residentBytes: Int?
  /// The address space it has mapped, in bytes, or nil when it is not known.
  public let virtualBytes: Int?

  /// Describes a task.
  public init(
    pid: Int, parent: Int? = nil, name: String, address: VirtualAddress? = nil,
    state: String? = nil, residentBytes: Int? = nil, virtualBytes: Int? = nil
  ) {
    self.pid = pid
    self.parent = parent
    self.name = name
    self.address = address
    self.state = state
    self.residentBytes = residentBytes
    self.virtualBytes = virtualBytes
  }
}

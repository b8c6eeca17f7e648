/// What `uname -a` printed on the machine.
public struct Uname: Hashable, Sendable {
  /// The system, `Linux`.
  public let system: String
  /// The host's name.
  public let node: String
  /// The kernel's release.
  public let release: String
  /// The kernel's build number and date.
  public let version: String
  /// The architecture, such as `x86_64` or `aarch64`.
  public let machine: String
  /// The NIS domain.
  public let domain: String

  /// Collects the names.
  public init(
    system: String, node: String, release: String, version: String, machine: String, domain: String
  ) {
    self.system = system
    self.node = node
    self.release = release
    self.version = version
    self.machine = machine
    self.domain = domain
  }
}

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
}

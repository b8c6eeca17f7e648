/// Compares the reference counts in routes with what holds these routes.
public protocol RouteAudit: Sendable {
  /// The routes whose counts are larger than the number of words in memory that lead to them.
  func surpluses() async -> [RouteSurplus]
}

/// Routes on one device whose reference counts are too large.
///
/// A route is a `struct dst_entry` with what its protocol adds to it. Every count is the sum of the
/// words in memory that lead to the route, and so may belong to a holder, and of what is left over.
public struct RouteSurplus: Hashable, Sendable {
  /// The type of the objects, such as `rt6_info`.
  public var type: String
  /// The name of their `struct dst_ops`, such as `ip6_dst_ops`.
  public var operations: String
  /// The name of the network device that they lead to, if it is known.
  public var device: String?
  /// Whether that device stands for one that was removed.
  public var isOfRemovedDevice: Bool
  /// Where the first few of them lead to, such as `fd00::/64` or `the gateway 198.51.100.1`: those
  /// with the most references that are left over.
  public var destinations: [String]
  /// How many other destinations they have.
  public var otherDestinations: Int
  /// The slots of the objects, ascending.
  public var slots: [UInt32]
  /// The sum of their counts.
  public var references: Int
  /// How many words of the kernel's memory lead to the objects and may belong to a holder.
  public var words: Int
  /// How many references are left over.
  public var surplus: Int
  /// How much of the kernel's memory was looked at.
  public var coverage: ScanCoverage

  /// Describes routes on a device; the counts are 0 at first.
  public init(
    type: String, operations: String, device: String?, isOfRemovedDevice: Bool = false,
    destinations: [String] = [], otherDestinations: Int = 0, coverage: ScanCoverage
  ) {
    self.type = type
    self.operations = operations
    self.device = device
    self.isOfRemovedDevice = isOfRemovedDevice
    self.destinations = destinations
    self.otherDestinations = otherDestinations
    self.coverage = coverage
    slots = []
    (references, words, surplus) = (0, 0, 0)
  }
}

public import Memory

/// What a socket's own structures and queues say, beyond the counters that `ss` shows.
public struct SocketInspection: Hashable, Sendable {
  /// Whether anybody ever fetched from a socket what it received.
  public enum Reading: Hashable, Sendable {
    /// Nothing that arrived was ever fetched.
    case never
    /// Something was fetched at some time.
    case before
    /// The kernel keeps no trace of it for sockets of this kind or with these options.
    case unknown
  }

  /// A Unix socket with a packet in which another socket is on its way (SCM_RIGHTS).
  public struct Carrier: Hashable, Sendable {
    /// The address of its `struct sock`.
    public let socket: VirtualAddress
    /// Who has it open.
    public let owner: Task?

    /// Describes a carrier.
    public init(socket: VirtualAddress, owner: Task?) {
      self.socket = socket
      self.owner = owner
    }
  }

  /// The protocol by name, such as `ICMPv6` for a raw socket, or by number, if there is one.
  public var protocolName: String?
  /// What waits in the receive queues.
  public var packets: QueuedPackets
  /// Whether anything was ever fetched.
  public var reading: Reading
  /// How many packets found no room, or nil when it is not known.
  public var drops: Int?
  /// The limit for what may wait to be read, in bytes, or nil when it is not known.
  public var limitBytes: Int?
  /// The memory of rings that the socket shares with its process, in bytes.
  public var ringBytes: Int
  /// The number of the owner's file descriptor, or nil when no process has one.
  public var descriptor: Int?
  /// How many descriptors there are for it in all processes.
  public var descriptors: Int
  /// Whether the owner has it open itself, rather than the listening socket that it waits in.
  public var isAccepted: Bool
  /// Whether the socket is a file: without one it is the kernel's own, or was closed.
  public var hasFile: Bool
  /// Where the socket is on its way, if no process has it open.
  public var carrier: Carrier?

  /// Describes what was found.
  public init(
    protocolName: String? = nil, packets: QueuedPackets = QueuedPackets(),
    reading: Reading = .unknown, drops: Int? = nil, limitBytes: Int? = nil, ringBytes: Int = 0,
    descriptor: Int? = nil, descriptors: Int = 0, isAccepted: Bool = true,
    hasFile: Bool = false
  ) {
    self.protocolName = protocolName
    self.packets = packets
    self.reading = reading
    self.drops = drops
    self.limitBytes = limitBytes
    self.ringBytes = ringBytes
    self.descriptor = descriptor
    self.descriptors = descriptors
    self.isAccepted = isAccepted
    self.hasFile = hasFile
  }
}

/// The packets in the receive queues of a socket, each counted once.
public struct QueuedPackets: Hashable, Sendable {
  /// How many there are.
  public var count: Int
  /// How many the queues themselves say they have, or nil when they could not be read.
  public var recorded: Int?
  /// What the kernel charges for them, in bytes: the sum of their `truesize`.
  public var chargedBytes: Int
  /// What a reader would get, in bytes.
  public var payloadBytes: Int
  /// The slab objects that they and their data occupy, in bytes.
  public var slabBytes: Int
  /// The pages outside of slabs that they keep allocated.
  public var pages: Int
  /// How many of them share their data with packets in queues that were counted before.
  public var shared: Int
  /// Why the count ended before the queues did, or nil when it did not.
  public var interruption: String?

  /// Describes packets; none, unless told otherwise.
  public init(
    count: Int = 0, recorded: Int? = nil, chargedBytes: Int = 0, payloadBytes: Int = 0,
    slabBytes: Int = 0, pages: Int = 0, shared: Int = 0, interruption: String? = nil
  ) {
    self.count = count
    self.recorded = recorded
    self.chargedBytes = chargedBytes
    self.payloadBytes = payloadBytes
    self.slabBytes = slabBytes
    self.pages = pages
    self.shared = shared
    self.interruption = interruption
  }

  /// Whether every packet was counted, and as many as the queues say they have.
  public var isWhole: Bool { interruption == nil && recorded == count }
}

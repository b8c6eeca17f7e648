public import Memory

/// A socket and the memory that waits in its queues.
public struct SocketQueue: Hashable, Sendable {
  /// The family and protocol, as `netstat` names them: `tcp6`, `raw`, `packet`.
  public var kind: String
  /// The local address, port, path or interface, if known.
  public var local: String?
  /// The other end, if there is one and it is known.
  public var peer: String?
  /// The state, as the source names it.
  public var state: String?
  /// The address of its `struct sock`, if known.
  public var address: VirtualAddress?
  /// What was received and not read yet, in bytes, or nil when it is not known.
  ///
  /// By netstat and ss, for TCP the payload; for others, and in a dump, with what the kernel needs
  /// to keep it.
  public var receiveBytes: Int?
  /// What was written and not yet sent or acknowledged, in bytes, or nil when it is not known.
  public var sendBytes: Int?
  /// The process that holds it open, or nil when none does or it is not known.
  public var owner: Task?
  /// What only a dump tells: the packets themselves, and whether anybody ever fetched one.
  public var inspection: SocketInspection?

  /// Describes a socket.
  public init(
    kind: String, local: String? = nil, peer: String? = nil, state: String? = nil,
    address: VirtualAddress? = nil, receiveBytes: Int? = nil, sendBytes: Int? = nil,
    owner: Task? = nil, inspection: SocketInspection? = nil
  ) {
    self.kind = kind
    self.local = local
    self.peer = peer
    self.state = state
    self.address = address
    self.receiveBytes = receiveBytes
    self.sendBytes = sendBytes
    self.owner = owner
    self.inspection = inspection
  }
}

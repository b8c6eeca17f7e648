import DebugInfo

/// Where `struct sock` and what belongs to it keep what tells who waits for what.
struct SocketLayout: Sendable {
  /// `struct socket`: its `struct sock`, and the file it is.
  let sock: Field
  let file: Field?
  /// Where an object of `sock_inode_cache`, a `struct socket_alloc` or newer `sockfs_inode`, has its
  /// `struct socket`.
  let socketInInode: Int
  let family: Field
  let state: Field
  let proto: Field
  let flags: Field?
  let type: Field
  let protocolNumber: Field
  /// The way back from a `struct sock` to its `struct socket`.
  let socket: Field?
  let port: Field?
  let peerPort: Field?
  let address: Field?
  let peerAddress: Field?
  /// Where the IPv6 addresses are; nil in a kernel without IPv6.
  let address6: Int?
  let peerAddress6: Int?
  /// Where the queue of what was received is.
  let receiveQueue: Int
  /// What that queue is charged, and the limit.
  let received: Field
  let limit: Field?
  /// What arrived while a process had the socket locked: a chain of packets.
  let backlog: Field?
  let sent: Field?
  let sentQueued: Field?
  /// When the last packet that was fetched had arrived.
  let stamp: Field?
  let stampFlags: Field?
  let drops: Field?
  /// The pointer to counters that stand for `sk_drops` where there are any.
  let dropCounters: Field?
  let dropParts: [Field]
  /// `struct proto`: its name, how it is listed, and its slab cache.
  let protoName: Int
  let protoList: Int
  let protoCache: Field
  /// The structure, for members that few sockets need.
  let structure: Structure

  /// Functions of net/core/sock.c and net/socket.c.
  static let anchors = ["sock_init_data", "sk_alloc", "sock_alloc_file", "sockfd_lookup"]

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ types: any TypeSource) throws(LayoutFailure) {
    guard let sk = types.structure("sock", near: Self.anchors) else {
      throw LayoutFailure(missing: "struct sock")
    }
    guard let owner = types.structure("socket", near: Self.anchors) else {
      throw LayoutFailure(missing: "struct socket")
    }
    structure = sk
    sock = try owner.require("sk")
    file = owner.field("file")
    // The inode has attributes before its `struct socket_alloc` in 7.2.
    socketInInode =
      (types.structure("sockfs_inode", near: Self.anchors)
      ?? types.structure("socket_alloc", near: Self.anchors))?.place(of: "socket") ?? 0
    family = try sk.require("__sk_common.skc_family")
    state = try sk.require("__sk_common.skc_state")
    proto = try sk.require("__sk_common.skc_prot")
    flags = sk.field("__sk_common.skc_flags")
    type = try sk.require("sk_type")
    protocolNumber = try sk.require("sk_protocol")
    socket = sk.field("sk_socket")
    port = sk.field("__sk_common.skc_num")
    peerPort = sk.field("__sk_common.skc_dport")
    address = sk.field("__sk_common.skc_rcv_saddr")
    peerAddress = sk.field("__sk_common.skc_daddr")
    address6 = sk.place(of: "__sk_common.skc_v6_rcv_saddr")
    peerAddress6 = sk.place(of: "__sk_common.skc_v6_daddr")
    receiveQueue = try sk.requirePlace(of: "sk_receive_queue")
    received = try sk.require("sk_backlog.rmem_alloc")
    limit = sk.field("sk_rcvbuf")
    backlog = sk.field("sk_backlog.head")
    sent = sk.field("sk_wmem_alloc")
    sentQueued = sk.field("sk_wmem_queued")
    stamp = sk.field("sk_stamp")
    stampFlags = sk.field("sk_tsflags")
    drops = sk.field("sk_drops")
    // UDP and raw sockets have two counters, for sets of NUMA nodes, somewhere between 6.12 and 7.2.
    dropCounters = sk.field("sk_drop_counters")
    let counters = sk.target(of: "sk_drop_counters")
    dropParts = ["drops0", "drops1"].compactMap { counters?.field($0) }
    guard let proto = sk.target(of: "__sk_common.skc_prot") else {
      throw LayoutFailure(missing: "struct proto")
    }
    protoName = try proto.requirePlace(of: "name")
    protoList = try proto.requirePlace(of: "node")
    protoCache = try proto.require("slab")
  }
}

import DebugInfo

/// Where the sockets of single families keep what `struct sock` does not, as far as it is known.
///
/// Each is read from the debug information when the first socket of its kind needs it.
struct FamilyLayouts {
  /// `struct packet_sock`, private to net/packet.
  struct PacketSocket {
    /// A ring of blocks of pages: the array of blocks, how many, and their order.
    struct Ring {
      let blocks: Field
      let count: Field
      let order: Field
    }

    let device: Field?
    let deviceIndex: Field?
    /// Where a `struct net_device` has its name.
    let deviceName: Int?
    let protocolNumber: Field?
    let rings: [Ring]
  }

  /// `struct tcp_sock`.
  struct TCPSocket {
    let root: Field?
    let expected: Field?
    let copied: Field?
    let received: Field?
  }

  /// The connections of a listening socket that wait to be accepted: a chain of
  /// `struct request_sock`.
  struct AcceptQueue {
    let first: Field
    let next: Field
    let child: Field
  }

  /// `struct unix_sock`, and the name in a `struct unix_address`.
  struct UnixSocket {
    let address: Field
    let length: Field
    let name: Int
  }

  /// The files that a packet of a Unix socket carries (SCM_RIGHTS): `struct unix_skb_parms` in the
  /// packet's control bytes leads to a `struct scm_fp_list`.
  struct CarriedFiles {
    let list: Field
    let count: Field
    /// Where the list has its files.
    let files: Int
  }

  private let types: any TypeSource
  /// The layouts; nil where the debug information does not tell.
  private(set) lazy var packet = Self.packet(types)
  private(set) lazy var tcp = Self.tcp(types)
  private(set) lazy var accept = Self.accept(types)
  private(set) lazy var unix = Self.unix(types)
  private(set) lazy var carried = Self.carried(types)
  /// Where a `struct udp_sock` has the queue that a reader has taken packets to.
  private(set) lazy var readerQueue = types.structure(
    "udp_sock", near: ["udp_recvmsg", "udp_ioctl", "udp_abort"])?.place(of: "reader_queue")
  /// The number of a netlink socket: that of the process, mostly.
  private(set) lazy var netlinkPort = types.structure(
    "netlink_sock", near: ["netlink_sendmsg", "netlink_recvmsg", "netlink_bind"])?.field("portid")

  /// Takes the source of the debug information.
  init(_ types: any TypeSource) { self.types = types }

  private static func packet(_ types: any TypeSource) -> PacketSocket? {
    guard
      let socket = types.structure(
        "packet_sock", near: ["packet_create", "packet_recvmsg", "packet_rcv"])
    else { return nil }
    let rings = ["rx_ring", "tx_ring"].compactMap { ring -> PacketSocket.Ring? in
      guard let blocks = socket.field(ring + ".pg_vec"),
        let count = socket.field(ring + ".pg_vec_len"),
        let order = socket.field(ring + ".pg_vec_order")
      else { return nil }
      return PacketSocket.Ring(blocks: blocks, count: count, order: order)
    }
    return PacketSocket(
      device: socket.field("prot_hook.dev"), deviceIndex: socket.field("ifindex"),
      deviceName: socket.target(of: "prot_hook.dev")?.place(of: "name"),
      protocolNumber: socket.field("num"), rings: rings)
  }

  private static func tcp(_ types: any TypeSource) -> TCPSocket? {
    types.structure("tcp_sock", near: tcpAnchors).map {
      TCPSocket(
        root: $0.field("out_of_order_queue.rb_node"), expected: $0.field("rcv_nxt"),
        copied: $0.field("copied_seq"), received: $0.field("bytes_received"))
    }
  }

  private static let tcpAnchors = ["tcp_recvmsg", "tcp_ioctl", "tcp_init_sock"]

  private static func accept(_ types: any TypeSource) -> AcceptQueue? {
    guard let listener = types.structure("inet_connection_sock", near: tcpAnchors),
      let first = listener.field("icsk_accept_queue.rskq_accept_head"),
      let request = listener.target(of: "icsk_accept_queue.rskq_accept_head"),
      let next = request.field("dl_next"), let child = request.field("sk")
    else { return nil }
    return AcceptQueue(first: first, next: next, child: child)
  }

  private static let unixAnchors = ["unix_bind", "unix_dgram_recvmsg"]

  private static func carried(_ types: any TypeSource) -> CarriedFiles? {
    guard let control = types.structure("unix_skb_parms", near: unixAnchors),
      let list = control.field("fp"), let target = control.target(of: "fp"),
      let count = target.field("count"), let files = target.place(of: "fp")
    else { return nil }
    return CarriedFiles(list: list, count: count, files: files)
  }

  private static func unix(_ types: any TypeSource) -> UnixSocket? {
    guard
      let socket = types.structure("unix_sock", near: unixAnchors),
      let pointer = socket.field("addr"), let address = socket.target(of: "addr"),
      let length = address.field("len"), let name = address.place(of: "name")
    else { return nil }
    return UnixSocket(address: pointer, length: length, name: name)
  }
}

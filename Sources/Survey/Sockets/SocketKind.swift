import KernelImage
import Memory

/// What kind of socket a `struct sock` is, in the words of `ss` and `netstat`.
struct SocketKind: Hashable, Sendable {
  /// The address family: `AF_INET` and so on.
  let family: UInt64
  /// `SOCK_STREAM` and so on.
  let type: UInt64
  /// The protocol in the family.
  let number: UInt64
  /// The kind in a word or two, such as `raw6` or `unix stream`.
  let name: String

  static let unix: UInt64 = 1
  static let inet: UInt64 = 2
  static let inet6: UInt64 = 10
  static let netlink: UInt64 = 16
  static let packet: UInt64 = 17
  static let stream: UInt64 = 1
  static let datagram: UInt64 = 2
  static let raw: UInt64 = 3

  /// Tells the kind; `proto` is the name in its `struct proto`.
  init(family: UInt64, type: UInt64, number: UInt64, proto: String) {
    self.family = family
    self.type = type
    self.number = number
    let plain = proto.isEmpty ? "unknown" : proto.lowercased()
    name =
      switch family {
      case Self.unix: Self.unixTypes[type].map { "unix \($0)" } ?? "unix"
      case Self.inet, Self.inet6:
        (type == Self.raw ? "raw" : Self.internetKinds[number]).map {
          family == Self.inet6 ? $0 + "6" : $0
        } ?? plain
      case Self.netlink: "netlink"
      case Self.packet: "packet"
      default: plain
      }
  }

  /// Reads the kind of a `struct sock`, or returns nil where there is none.
  init?(of sk: VirtualAddress, _ layout: SocketLayout, in kernel: Kernel) {
    guard let family = kernel.value(layout.family, at: sk),
      let type = kernel.value(layout.type, at: sk),
      let number = kernel.value(layout.protocolNumber, at: sk),
      let proto = kernel.pointer(layout.proto, at: sk)
    else { return nil }
    let name = try? kernel.memory.string(at: proto.advanced(by: layout.protoName), limit: 32)
    self.init(family: family, type: type, number: number, proto: name ?? "")
  }

  /// Whether it is a raw socket of an internet protocol.
  var isRaw: Bool { isInternet && type == Self.raw }
  /// Whether it is IPv4 or IPv6.
  var isInternet: Bool { family == Self.inet || family == Self.inet6 }
  /// Whether it is TCP.
  var isTCP: Bool { isInternet && type == Self.stream && number == 6 }
  /// Whether it is UDP or UDP-Lite.
  var isUDP: Bool { isInternet && type == Self.datagram && (number == 17 || number == 136) }
  /// Whether `sk_stamp` changes when somebody fetches a packet: internet datagrams and link packets.
  var hasStamp: Bool {
    family == Self.packet || isInternet && (type == Self.datagram || type == Self.raw)
  }

  /// The protocol by name or number, where the kind does not tell it.
  ///
  /// `linkProtocol` is that of a packet socket, as in `<linux/if_ether.h>`.
  func protocolName(linkProtocol: UInt64? = nil) -> String? {
    switch family {
    case Self.inet, Self.inet6:
      isRaw ? Self.internetProtocols[number] ?? "protocol \(number)" : nil
    case Self.netlink: Self.netlinkProtocols[number] ?? "protocol \(number)"
    case Self.packet: linkProtocol.flatMap { Self.name(ofLinkProtocol: $0) }
    default: nil
    }
  }

  private static let unixTypes: [UInt64: String] = [1: "stream", 2: "dgram", 5: "seqpacket"]

  private static let internetKinds: [UInt64: String] = [
    1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 58: "icmp", 132: "sctp", 136: "udplite",
    262: "mptcp",
  ]

  private static let internetProtocols: [UInt64: String] = [
    0: "IP", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 17: "UDP", 41: "IPv6", 46: "RSVP",
    47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6", 88: "EIGRP", 89: "OSPF", 103: "PIM",
    112: "VRRP", 115: "L2TP", 132: "SCTP", 255: "RAW",
  ]

  private static let netlinkProtocols: [UInt64: String] = [
    0: "ROUTE", 2: "USERSOCK", 4: "SOCK_DIAG", 5: "NFLOG", 6: "XFRM", 7: "SELINUX", 8: "ISCSI",
    9: "AUDIT", 10: "FIB_LOOKUP", 11: "CONNECTOR", 12: "NETFILTER", 14: "DNRTMSG",
    15: "KOBJECT_UEVENT", 16: "GENERIC", 18: "SCSITRANSPORT", 20: "RDMA", 21: "CRYPTO",
    22: "SMC",
  ]

  private static func name(ofLinkProtocol number: UInt64) -> String? {
    switch number {
    case 0: nil
    case 3: "all protocols"
    case 0x0004: "802.2"
    case 0x0800: "IPv4"
    case 0x0806: "ARP"
    case 0x8100: "VLAN"
    case 0x86dd: "IPv6"
    case 0x8809: "LACP"
    case 0x8863: "PPPoE discovery"
    case 0x8864: "PPPoE"
    case 0x888e: "EAPOL"
    case 0x88cc: "LLDP"
    default: "protocol 0x" + String(number, radix: 16)
    }
  }
}

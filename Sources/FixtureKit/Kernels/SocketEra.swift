/// What distinguishes the sockets of different kernels, as data.
public struct SocketEra: Hashable, Sendable, CustomStringConvertible {
  /// The kernel version that stands for the era.
  public let description: String
  /// Whether parts of packets in pages are `struct bio_vec`, until v6.9, or refer to network memory.
  public let hasPageVectors: Bool
  /// Whether sockets may count drops for sets of NUMA nodes, since v6.18.
  public let hasDropCounters: Bool
  /// Whether `struct packet_sock` is described: not where it is in a module without debug files.
  public let hasPacketSockets: Bool

  /// Linux 5.10.
  public static let v5_10 = SocketEra(
    description: "5.10", hasPageVectors: true, hasDropCounters: false, hasPacketSockets: true)
  /// Linux 7.2.
  public static let v7_2 = SocketEra(
    description: "7.2", hasPageVectors: false, hasDropCounters: true, hasPacketSockets: true)
  /// Linux 6.1 with packet sockets in a module.
  public static let modular6_1 = SocketEra(
    description: "6.1 modular", hasPageVectors: true, hasDropCounters: false,
    hasPacketSockets: false)

  /// All of them.
  public static let all: [SocketEra] = [.v5_10, .v7_2, .modular6_1]
}

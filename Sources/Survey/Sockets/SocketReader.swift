import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// Reads sockets, one `struct sock` at a time.
struct SocketReader {
  let kernel: Kernel
  let layout: SocketLayout
  private let open: OpenSockets
  var families: FamilyLayouts
  private var count: PacketCount
  /// The bit of `sk_flags` that says that a time comes with every packet, if it is known.
  private let timesFlag: UInt64?
  /// The listening socket that each connection waits to be accepted from.
  private var listeners: [VirtualAddress: VirtualAddress] = [:]
  /// The Unix socket that each file is on its way in.
  private var carriers: [VirtualAddress: SocketInspection.Carrier] = [:]
  /// Whether there was a packet socket whose type is not known.
  private(set) var lacksPacketSocket = false

  /// `TCP_LISTEN`.
  private static let listening: UInt64 = 10
  /// `net.core.somaxconn` is 4096 unless somebody raised it.
  private static let longestAcceptQueue = 1 << 16
  /// What is written and less than this is no reason to look at a socket.
  private static let littleSent = 1 << 16

  /// Prepares to read sockets.
  init(
    _ kernel: Kernel, layout: SocketLayout, packets: PacketLayout, census: Census,
    open: OpenSockets
  ) {
    self.kernel = kernel
    self.layout = layout
    self.open = open
    families = FamilyLayouts(kernel.types)
    count = PacketCount(kernel, census: census, layout: packets)
    timesFlag = kernel.types.enumerator("SOCK_RCVTSTAMP", near: SocketLayout.anchors)
      .flatMap { (0..<64).contains($0) ? 1 << UInt64($0) : nil }
  }

  /// Finds out which connections wait to be accepted from which of these sockets.
  mutating func findConnections(of sockets: [VirtualAddress]) {
    for sk in sockets {
      guard let family = kernel.value(layout.family, at: sk),
        family == SocketKind.inet || family == SocketKind.inet6,
        kernel.value(layout.type, at: sk) == SocketKind.stream, isListening(sk),
        let accept = families.accept,
        let request = kernel.pointer(accept.first, at: sk)
      else { continue }
      let requests =
        [request]
        + ListWalk(
          chain: request.advanced(by: accept.next.offset), next: accept.next.offset, offset: 0,
          in: kernel.memory, of: kernel.machine, limit: Self.longestAcceptQueue
        ).entries
      for request in requests {
        if let child = kernel.pointer(accept.child, at: request) { listeners[child] = sk }
      }
    }
  }

  /// Says of a socket that nobody has open in which other it is on its way.
  ///
  /// That is known once all Unix sockets were read.
  func findCarrier(of queue: inout SocketQueue) {
    guard queue.owner == nil, let sk = queue.address,
      let socket = kernel.pointer(layout.socket, at: sk),
      let file = kernel.pointer(layout.file, at: socket)
    else { return }
    queue.inspection?.carrier = carriers[file]
  }

  /// What waits in a socket; nil when nothing does, or when it is no socket.
  mutating func queue(of sk: VirtualAddress, socket: VirtualAddress?) -> SocketQueue? {
    guard let kind = SocketKind(of: sk, layout, in: kernel) else { return nil }
    let ringBytes = kind.family == SocketKind.packet ? ringBytes(of: sk) : 0
    let sent = sentBytes(of: sk, kind)
    var packets = QueuedPackets(recorded: 0)
    count.carried = kind.family == SocketKind.unix ? families.carried : nil
    addPackets(of: sk, kind, to: &packets)
    let wasTaken = takenByReader(sk, kind)
    let charged = kernel.count(layout.received, at: sk).map { Int(Int32(truncatingIfNeeded: $0)) }
    guard
      packets.count > 0 || packets.recorded != 0 || charged != 0 || ringBytes > 0
        || sent ?? 0 > Self.littleSent
    else { return nil }
    var queue = SocketQueue(
      kind: kind.name, address: sk,
      receiveBytes: packets.isCharged(charged) ? charged : packets.chargedBytes, sendBytes: sent)
    let socket = socket ?? kernel.pointer(layout.socket, at: sk)
    let listener =
      socket == nil ? listeners[sk].flatMap { kernel.pointer(layout.socket, at: $0) } : nil
    let holder = (socket ?? listener).flatMap { open.holders[$0] }
    queue.owner = holder?.task
    for file in count.takeFiles() {
      carriers[file] = SocketInspection.Carrier(socket: sk, owner: holder?.task)
    }
    var inspection = SocketInspection(packets: packets)
    inspection.isAccepted = listener == nil
    inspection.reading = wasTaken ? .before : reading(of: sk, kind)
    inspection.drops = drops(of: sk)
    inspection.limitBytes = kernel.count(layout.limit, at: sk)
    inspection.ringBytes = ringBytes
    inspection.descriptor = holder?.descriptor
    inspection.descriptors = holder?.descriptors ?? 0
    inspection.hasFile = socket.flatMap { kernel.pointer(layout.file, at: $0) } != nil
    describe(sk, kind, &queue, &inspection)
    queue.inspection = inspection
    return queue
  }

  /// Counts what waits to be read.
  private mutating func addPackets(
    of sk: VirtualAddress, _ kind: SocketKind, to packets: inout QueuedPackets
  ) {
    count.addQueue(sk.advanced(by: layout.receiveQueue), to: &packets)
    if kind.isUDP, let place = families.readerQueue {
      count.addQueue(sk.advanced(by: place), to: &packets)
    }
    if kind.isTCP, !isListening(sk) {
      count.addTree(root: kernel.pointer(families.tcp?.root, at: sk), to: &packets)
    }
    count.addChain(kernel.pointer(layout.backlog, at: sk), to: &packets)
  }

  /// Whether a reader of a UDP socket has taken packets to a queue of its own, and not all of them.
  private mutating func takenByReader(_ sk: VirtualAddress, _ kind: SocketKind) -> Bool {
    guard kind.isUDP, let place = families.readerQueue else { return false }
    return count.length(ofQueue: sk.advanced(by: place)) ?? 0 > 0
  }

  private func isListening(_ sk: VirtualAddress) -> Bool {
    kernel.value(layout.state, at: sk) == Self.listening
  }

  /// What is written and not sent; what a Unix socket wrote is in the queue of another.
  private func sentBytes(of sk: VirtualAddress, _ kind: SocketKind) -> Int? {
    guard kind.family != SocketKind.unix else { return nil }
    if kind.isTCP { return kernel.count(layout.sentQueued, at: sk) }
    // The count begins with 1: a socket that sends holds itself.
    return kernel.count(layout.sent, at: sk).map { max(0, $0 - 1) }
  }

  private func drops(of sk: VirtualAddress) -> Int? {
    if let counters = kernel.pointer(layout.dropCounters, at: sk) {
      let parts = layout.dropParts.compactMap { kernel.count($0, at: counters) }
      return parts.count == 2 ? parts[0] + parts[1] : nil
    }
    return kernel.count(layout.drops, at: sk)
  }

  private mutating func ringBytes(of sk: VirtualAddress) -> Int {
    guard let packet = families.packet else {
      lacksPacketSocket = true
      return 0
    }
    return packet.rings.reduce(0) { sum, ring in
      guard kernel.pointer(ring.blocks, at: sk) != nil,
        let count = kernel.count(ring.count, at: sk), count < 1 << 24,
        let order = kernel.count(ring.order, at: sk), order <= 13
      else { return sum }
      return sum + count * kernel.pages.pageSize.bytes << order
    }
  }

  // MARK: Whether it was read

  /// Whether anything was ever fetched from a socket.
  ///
  /// Who fetches from a packet socket or an internet socket of datagrams sets `sk_stamp`, to 0 if to
  /// nothing else (Linux 6c7c98bad488, "sock: avoid dirtying sk_stamp, if possible", v4.12), unless
  /// a time is given along with every packet. TCP counts what it received; other families leave no
  /// trace.
  private mutating func reading(
    of sk: VirtualAddress, _ kind: SocketKind
  ) -> SocketInspection.Reading {
    if kind.isTCP { return reading(ofTCP: sk) }
    guard kind.hasStamp, let stamp = layout.stamp.flatMap({ kernel.value($0, at: sk) }) else {
      return .unknown
    }
    guard stamp == Self.initialStamp else { return .before }
    guard let timesFlag, let flags = layout.flags.flatMap({ kernel.value($0, at: sk) }),
      flags & timesFlag == 0,
      layout.stampFlags.flatMap({ kernel.value($0, at: sk) }) == 0
    else { return .unknown }
    return .never
  }

  /// `SK_DEFAULT_STAMP`: minus one second, in nanoseconds.
  private static let initialStamp = UInt64(bitPattern: -1_000_000_000)

  /// All that TCP ever received in order still waits, or not.
  private mutating func reading(ofTCP sk: VirtualAddress) -> SocketInspection.Reading {
    guard let tcp = families.tcp, !isListening(sk),
      let expected = tcp.expected.flatMap({ kernel.value($0, at: sk) }),
      let copied = tcp.copied.flatMap({ kernel.value($0, at: sk) }),
      let received = tcp.received.flatMap({ kernel.value($0, at: sk) })
    else { return .unknown }
    let waiting = UInt64(UInt32(truncatingIfNeeded: expected &- copied))
    return received > 0 && received == waiting ? .never : received > waiting ? .before : .unknown
  }
}

extension QueuedPackets {
  /// Whether a socket of theirs keeps count of what they take: Unix sockets charge the sender.
  fileprivate func isCharged(_ charged: Int?) -> Bool {
    charged.map { $0 != 0 || chargedBytes == 0 } ?? false
  }
}

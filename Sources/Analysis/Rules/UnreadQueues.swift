public import Evidence
internal import Memory

/// Finds sockets whose queues hold much memory that nobody fetches.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct UnreadQueues: Rule {
  /// Less than this is a queue at work: the default limit of a socket's receive buffer is 208 KiB.
  private static let fewestBytes = 1 << 20
  /// A ring of this size is remarkable; it is as large as its process asked for.
  private static let largeRing = 16 << 20

  /// Makes the rule.
  public init() {}

  /// `unread-queue`.
  public let name = "unread-queue"

  /// One line for the catalogue.
  public let summary = "sockets with memory in their queues that nobody fetches"

  /// The manual.
  public let manual = """
    A program that opens a raw, packet or datagram socket and does not read it keeps whatever
    arrives until the receive buffer is full. With a raised buffer limit that is tens of megabytes
    that no process's size shows.

    What is found: sockets with 1 MiB or more in their receive or send queue, and the process that
    has them open, as netstat, ss or a dump tell. In a dump also: sockets that were never read and
    hold less each, but 1 MiB or more in all, by process and kind; and rings of packet sockets of
    16 MiB or more.

    How sure it is: with counters only, possible. The counter says how much waits, not for how long;
    a reader that is merely slow looks the same. A second look some seconds later tells. In a dump,
    every packet in the queues is counted, and definite is said when nothing was ever read: of
    packet sockets and of raw and datagram sockets of the internet families, sk_stamp still has its
    initial value, which any read replaces unless the socket asked for time stamps; of TCP, all
    bytes ever received still wait. Probable: the socket was read before, and its queue is full.
    Possible: it was read before and is not full, or the kernel keeps no trace of reads, as for Unix
    and netlink sockets.

    What it does not prove: that the process would not have read later. The memory is not lost:
    closing the socket frees it. Packets of several sockets can share their data, and each socket is
    charged for it. Memory-mapped rings are read without a trace: they are a hint, no more.

    What to do: ask why the process does not read the socket, or does not close it. In a dump,
    'net -s PID' in crash leads to the struct sock; its sk_receive_queue holds the packets. Where no
    process has the socket open, it may be on its way between processes (SCM_RIGHTS), belong to the
    kernel itself, or be a connection that was not accepted yet.
    """

  /// A finding for each queue, the largest first, and for small ones that add up.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    var findings: [Finding] = []
    var small: [UnreadSockets.Key: [SocketQueue]] = [:]
    for socket in subject.sockets {
      if let bytes = socket.receiveBytes {
        if bytes >= Self.fewestBytes {
          findings.append(received(socket, bytes))
        } else if let key = UnreadSockets.Key(socket) {
          small[key, default: []].append(socket)
        }
      }
      if let bytes = socket.sendBytes, bytes >= Self.fewestBytes {
        findings.append(counted(socket, bytes, isReceive: false))
      }
      if let inspection = socket.inspection, inspection.ringBytes >= Self.largeRing {
        findings.append(ring(socket, inspection))
      }
    }
    findings += small.values.compactMap { sockets in
      let group = UnreadSockets(sockets)
      return group.bytes >= Self.fewestBytes ? group.finding(rule: name) : nil
    }
    return findings
  }

  /// What waits to be read: told packet by packet where a dump has them.
  private func received(_ socket: SocketQueue, _ bytes: Int) -> Finding {
    socket.inspection.map { UnreadSocket(socket, $0, bytes: bytes).finding(rule: name) }
      ?? counted(socket, bytes, isReceive: true)
  }

  private func counted(_ socket: SocketQueue, _ bytes: Int, isReceive: Bool) -> Finding {
    let place = socket.local.map { " (\($0))" } ?? ""
    let owner = socket.owner.map { "\($0.name) (\($0.pid))" } ?? "a process that is not shown"
    let title =
      isReceive
      ? "\(bytes.byteSize) wait in a \(socket.kind) socket\(place) that \(owner) does not read"
      : "\(bytes.byteSize) wait to be sent in a \(socket.kind) socket\(place) of \(owner)"
    return Finding(
      rule: name,
      fingerprint: Fingerprint.of(
        rule: name, parts: [socket.kind, socket.owner?.name ?? "", isReceive ? "in" : "out"]),
      title: title, certainty: .possible, cache: nil, cacheName: nil, type: nil, count: nil,
      bytes: bytes, module: nil, symbols: [], evidence: evidence(socket, isReceive: isReceive),
      verify: socket.owner.map {
        [Verification(tool: "crash", command: "net -s \($0.pid)")]
      } ?? [])
  }

  private func evidence(_ socket: SocketQueue, isReceive: Bool) -> [String] {
    var evidence = [
      isReceive
        ? "its receive queue was this long when it was looked at; a queue that is read stays short"
        : "its send queue was this long when it was looked at: the other end does not take it"
    ]
    if socket.kind == "packet" || socket.kind.hasPrefix("raw") {
      evidence.append(
        "each \(socket.kind) socket gets its own copy of every packet that it does not filter out")
    }
    evidence.append("the memory is the kernel's: no process's size shows it")
    return evidence
  }

  private func ring(_ socket: SocketQueue, _ inspection: SocketInspection) -> Finding {
    let words = SocketWords(socket, inspection)
    return Finding(
      rule: name,
      fingerprint: Fingerprint.of(
        rule: name, parts: [socket.kind, socket.owner?.name ?? "", "ring"]),
      title: "\(inspection.ringBytes.byteSize) are the rings of \(words.socket)\(words.owner)",
      certainty: .hint, cache: nil, cacheName: nil, type: nil, count: nil,
      bytes: inspection.ringBytes, module: nil, symbols: [],
      evidence: ["the process asked for rings of this size; how much of them waits is not known"],
      verify: words.verifications)
  }
}

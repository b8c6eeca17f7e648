public import Evidence

/// Finds sockets whose queues hold much memory that nobody fetches.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct UnreadQueues: Rule {
  /// Less than this is a queue at work: the default limit of a socket's receive buffer is 208 KiB.
  private static let fewestBytes = 1 << 20

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
    has them open, as netstat, ss or a dump tell.

    How sure it is: possible. The counter says how much waits, not for how long; a reader that is
    merely slow looks the same. A second look some seconds later tells.

    What to do: ask why the process does not read the socket, or does not close it. In a dump,
    'net -s PID' in crash leads to the struct sock; its sk_receive_queue holds the packets.
    """

  /// A finding for each queue, the largest first.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    subject.sockets.flatMap { socket in
      [
        finding(socket, socket.receiveBytes, isReceive: true),
        finding(socket, socket.sendBytes, isReceive: false),
      ].compactMap { $0 }
    }
  }

  private func finding(_ socket: SocketQueue, _ bytes: Int?, isReceive: Bool) -> Finding? {
    guard let bytes, bytes >= Self.fewestBytes else { return nil }
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
}

internal import Evidence
internal import Memory

/// A socket that a dump told of, in words.
struct SocketWords {
  private let queue: SocketQueue
  private let inspection: SocketInspection

  init(_ queue: SocketQueue, _ inspection: SocketInspection) {
    self.queue = queue
    self.inspection = inspection
  }

  /// The kind with the protocol: `raw ICMPv6`, `netlink ROUTE`, `udp6`.
  var kind: String {
    guard let name = inspection.protocolName, queue.kind != "packet" else { return queue.kind }
    // The protocol tells IPv6 well enough where it matters.
    return (queue.kind == "raw6" ? "raw" : queue.kind) + " " + name
  }

  /// The socket: `a raw ICMPv6 socket`, `a packet socket on eth0`.
  var socket: String {
    let article = "aeiou".contains(kind.first ?? " ") && !kind.hasPrefix("u") ? "an" : "a"
    let place =
      if let local = queue.local {
        queue.kind.hasPrefix("unix") ? " (\(local))" : " on \(local)"
      } else {
        ""
      }
    return "\(article) \(kind) socket\(place)"
  }

  /// Whose it is: ` of ospfd (pid 812, fd 7)`.
  var owner: String {
    guard let owner = queue.owner else { return " that no process has open" }
    let descriptor = inspection.descriptor.map { ", fd \($0)" } ?? ""
    let verb = inspection.isAccepted ? " of" : " that waits to be accepted by"
    return "\(verb) \(owner.name) (pid \(owner.pid)\(descriptor))"
  }

  /// Whether it was read, in a word or two, or nil when that is not known.
  var reading: String? {
    switch inspection.reading {
    case .never: "never read"
    case .before: "read before"
    case .unknown: nil
    }
  }

  /// How to look at it in other tools.
  var verifications: [Verification] {
    guard let address = queue.address else { return [] }
    var commands: [Verification] = []
    if let owner = queue.owner {
      commands.append(Verification(tool: "crash", command: "net -s \(owner.pid)"))
    }
    return commands + [
      Verification(
        tool: "crash",
        command: "struct sock.sk_receive_queue,sk_backlog,sk_stamp,sk_rcvbuf \(address)"),
      Verification(
        tool: "drgn",
        command: "sk = Object(prog, \"struct sock *\", \(address)); "
          + "print(sk.sk_receive_queue.qlen, sk.sk_backlog.rmem_alloc, sk.sk_stamp)"),
    ]
  }
}

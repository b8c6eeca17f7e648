internal import Evidence
internal import Memory

/// Sockets of one process and kind that were never read, each with little in it.
struct UnreadSockets {
  /// What such sockets have in common.
  struct Key: Hashable {
    let kind: String
    let protocolName: String?
    let owner: Task?
    /// Whether a socket without an owner has a file.
    let hasFile: Bool

    /// The key of a socket that was never read; nil for others.
    ///
    /// A connection may have been accepted just now: streams are left out.
    init?(_ socket: SocketQueue) {
      guard let inspection = socket.inspection, inspection.reading == .never,
        !socket.kind.hasPrefix("tcp")
      else { return nil }
      kind = socket.kind
      protocolName = inspection.protocolName
      owner = socket.owner
      hasFile = inspection.hasFile
    }
  }

  private let sockets: [SocketQueue]

  init(_ sockets: [SocketQueue]) { self.sockets = sockets }

  /// What they hold in all, in bytes.
  var bytes: Int { sockets.reduce(0) { $0 + ($1.receiveBytes ?? 0) } }

  /// One finding for all of them.
  func finding(rule: String) -> Finding? {
    guard let first = sockets.max(by: { $0.receiveBytes ?? 0 < $1.receiveBytes ?? 0 }),
      let inspection = first.inspection
    else { return nil }
    let words = SocketWords(first, inspection)
    let packets = sockets.reduce(0) { $0 + ($1.inspection?.packets.count ?? 0) }
    let owner =
      first.owner.map { " of \($0.name) (pid \($0.pid))" } ?? " that no process has open"
    let isWhole = sockets.allSatisfy { $0.inspection?.packets.isWhole ?? false }
    return Finding(
      rule: rule,
      fingerprint: Fingerprint.of(
        rule: rule, parts: [words.kind, first.owner?.name ?? "", "in", "many"]),
      title: "\(bytes.byteSize) wait unread in \(sockets.count.grouped) \(words.kind) sockets"
        + "\(owner): \(packets.counted("packet")), never read",
      certainty: isWhole ? .definite : .probable, cache: nil, cacheName: nil, type: "sk_buff",
      count: isWhole ? packets : nil, bytes: bytes, module: nil, symbols: [],
      grounds: "each packet was counted, and nothing was ever read from these sockets",
      evidence: [
        "never read: sk_stamp of each has its initial value, and none asked for time stamps",
        "the fullest is \(words.socket), with \(first.receiveBytes.byteSize)",
      ], verify: words.verifications)
  }
}

internal import Evidence
internal import Memory

/// A socket whose queue a dump holds, as a finding.
struct UnreadSocket {
  private let queue: SocketQueue
  private let inspection: SocketInspection
  private let bytes: Int
  private let words: SocketWords

  init(_ queue: SocketQueue, _ inspection: SocketInspection, bytes: Int) {
    self.queue = queue
    self.inspection = inspection
    self.bytes = bytes
    words = SocketWords(queue, inspection)
  }

  /// What waits, in which socket, whose, and how sure it is that nobody reads it.
  func finding(rule: String) -> Finding {
    let packets = inspection.packets
    let state = [
      packets.count.counted("packet") + (packets.interruption == nil ? "" : " or more"),
      words.reading,
    ]
    let title =
      "\(bytes.byteSize) wait unread in \(words.socket)\(words.owner): "
      + state.compactMap { $0 }.joined(separator: ", ")
    return Finding(
      rule: rule,
      fingerprint: Fingerprint.of(
        rule: rule, parts: [words.kind, queue.owner?.name ?? "", "in"]),
      title: title, certainty: certainty, cache: nil, cacheName: nil, type: "sk_buff",
      count: packets.interruption == nil ? packets.count : nil, bytes: bytes, module: nil,
      symbols: [], grounds: grounds,
      evidence: [read, amount, occupied, holders, scope, limit].compactMap { $0 },
      verify: words.verifications)
  }

  private var certainty: Certainty {
    switch inspection.reading {
    case .never: inspection.packets.isWhole ? .definite : .probable
    case .before: isFull ? .probable : .possible
    case .unknown: .possible
    }
  }

  private var grounds: String? {
    switch certainty {
    case .definite: "every packet in its queues was counted, and nothing was ever read from it"
    case .probable where inspection.reading == .never:
      "nothing was ever read from it; not every packet in its queues could be counted"
    case .probable: "it was read before and is full now; a reader that is too slow looks the same"
    default: "the queue tells how much waits, not for how long: a slow reader looks the same"
    }
  }

  /// Whether the queue has no room for another packet of the mean size.
  private var isFull: Bool {
    guard let limit = inspection.limitBytes, limit > 0 else { return false }
    let packets = inspection.packets
    let mean = packets.count > 0 ? packets.chargedBytes / packets.count : 0
    return bytes >= limit - mean
  }

  private var read: String {
    switch inspection.reading {
    case .never:
      return queue.kind.hasPrefix("tcp")
        ? "never read: all bytes that it ever received in order still wait"
        : "never read: sk_stamp has its initial value, and the socket asked for no time stamps"
    case .before:
      return isFull
        ? "it was read at some time, and its queue is full now: the reader stopped or is too slow"
        : "it was read at some time; a slow reader looks the same as none"
    case .unknown: return "whether it was ever read is not known for a socket of this kind"
    }
  }

  private var amount: String {
    let packets = inspection.packets
    let payload = "\(packets.count.counted("packet")) with \(packets.payloadBytes.byteSize)"
    if let interruption = packets.interruption {
      return "\(payload) were counted; \(interruption)"
    }
    if let recorded = packets.recorded, recorded != packets.count {
      return "\(payload) were counted, but its queues say they have \(recorded.grouped)"
    }
    return "all \(payload) in its queues were counted; they are charged "
      + "\(packets.chargedBytes.grouped) bytes"
  }

  private var occupied: String? {
    let packets = inspection.packets
    guard packets.count > 0 else { return nil }
    let parts = [
      "\(packets.slabBytes.byteSize) of slab objects",
      packets.pages > 0 ? packets.pages.counted("page") + " outside of slabs" : nil,
    ]
    var text = "they occupy " + parts.compactMap { $0 }.joined(separator: " and ")
    if packets.shared > 0 {
      text +=
        "; of \(packets.shared.grouped) of them the data belong to another socket's packets, too, "
        + "and are not counted here"
    }
    return text
  }

  private var holders: String? {
    if let carrier = inspection.carrier {
      let owner = carrier.owner.map { " of \($0.name) (pid \($0.pid))" } ?? ""
      return "no process has it open: it is on its way in a packet (SCM_RIGHTS) that waits in the "
        + "unix socket \(carrier.socket)\(owner)"
    }
    guard queue.owner != nil else {
      return inspection.hasFile
        ? "no process has it open, but its file exists: it may be on its way to a process, or leaked"
        : "no process has it open and it has no file: it is the kernel's own, or was closed"
    }
    return inspection.descriptors > 1
      ? "\(inspection.descriptors.grouped) descriptors lead to it, in this process and others"
      : nil
  }

  private var scope: String? {
    guard queue.kind == "packet", let name = inspection.protocolName else { return nil }
    return "it gets its own copy of every packet (\(name)) of "
      + (queue.local ?? "all interfaces") + " that it does not filter out"
  }

  /// A Unix socket's own limit is for what it sends.
  private var limit: String? {
    guard !queue.kind.hasPrefix("unix") else { return nil }
    let drops = inspection.drops.flatMap { $0 > 0 ? "\($0.counted("packet")) found no room" : nil }
    let limit = inspection.limitBytes.flatMap {
      $0 > 0 ? "its limit is \($0.byteSize)" : nil
    }
    let parts = [limit, drops].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}

import Evidence
import Memory

/// A row of `netstat -noap` or of `ss`.
enum SocketRow {
  private static let protocols: Set<String> = [
    "tcp", "tcp6", "udp", "udp6", "udpl", "udpl6", "udplite", "udplite6", "raw", "raw6", "sctp",
    "sctp6", "icmp", "icmp6", "dccp", "mptcp", "p_raw", "p_dgr", "u_str", "u_dgr", "u_seq", "nl",
    "v_str", "v_dgr", "xdp", "tipc",
  ]
  /// What `ss` calls packet sockets.
  private static let packets: Set<String> = ["p_raw", "p_dgr"]

  private static let states: Set<String> = [
    "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "UNKNOWN", "CONNECTED",
  ]

  /// The states as `ss` names them.
  private static let ownStates: Set<String> = [
    "ESTAB", "UNCONN", "LISTEN", "TIME-WAIT", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2",
    "SYN-SENT", "SYN-RECV", "LAST-ACK", "CLOSING", "CLOSED",
  ]

  /// A row that begins at a word.
  static func match(_ line: Line, at index: Int) -> Match<SocketQueue>? {
    guard index + 3 < line.count, !line.words[index].shape.contains(.colon),
      line.words[index].count <= 10
    else { return nil }
    // `ss` leaves the protocol out when it was asked for one only.
    let first = line.text(index)
    guard protocols.contains(first) || ownStates.contains(first) else { return nil }
    let kind = protocols.contains(first) ? first : "socket"
    var position = protocols.contains(first) ? index + 1 : index
    var state: String?
    if line.natural(position) == nil {
      // `ss` has the state before the queues.
      state = line.text(position)
      position += 1
    }
    guard let receive = line.natural(position), let send = line.natural(position + 1),
      position + 2 < line.count
    else { return nil }
    position += 2
    let local = line.text(position)
    guard local.contains(":") || local == "*" || local.hasPrefix("/") || local.hasPrefix("@")
    else { return nil }
    let peer = address(line, &position, after: local)
    var end = position + 1
    if let word = end < line.count ? line.text(end) : nil,
      states.contains(word) || state == nil && isRawState(kind, word)
    {
      state = word
      end += 1
    }
    var queue = SocketQueue(
      kind: packets.contains(kind) ? "packet" : kind, local: local, peer: peer, state: state,
      receiveBytes: receive, sendBytes: send)
    if packets.contains(kind) { queue.state = state ?? kind }
    end = details(line, from: end, &queue)
    return Match(fact: queue, words: end - index)
  }

  /// The other end; `ss` prints a port or interface apart from its address when columns are wide.
  private static func address(_ line: Line, _ position: inout Int, after local: String) -> String? {
    // `[::]:58` and `*:eth0` are one word; `*:  eth0` is not.
    if local.hasSuffix(":"), position + 1 < line.count { position += 1 }
    guard position + 1 < line.count, !line.word(position + 1, startsWith: "users:(") else {
      return nil
    }
    position += 1
    let peer = line.text(position)
    if peer.hasSuffix(":"), position + 1 < line.count { position += 1 }
    return peer
  }

  /// `netstat` prints a raw socket's state as a number.
  private static func isRawState(_ kind: String, _ word: String) -> Bool {
    kind.hasPrefix("raw") && Int(word) != nil
  }

  /// The rest of a row: the process, timers, and what `ss -m` and `ss -e` add.
  private static func details(_ line: Line, from start: Int, _ queue: inout SocketQueue) -> Int {
    var index = start
    while index < line.count {
      // Another row in the same line.
      if index + 3 < line.count, line.words[index].count <= 8,
        protocols.contains(line.text(index)), line.natural(index + 1) != nil
      {
        break
      }
      if line.word(index, startsWith: "users:(") {
        queue.owner = user(line.text(index..<min(line.count, index + 4)))
      } else if queue.owner == nil, let owner = program(line, index) {
        queue.owner = owner
      } else if line.word(index, startsWith: "skmem:(") {
        apply(SocketMemory(line.text(index)), to: &queue)
      }
      index += 1
    }
    return index
  }

  /// `skmem:(r0,rb212992,t0,…)` in a line of its own, as `ss -m` prints it.
  static func memory(_ line: Line) -> SocketMemory? {
    guard line.word(0, startsWith: "skmem:(") || line.word(0, startsWith: "mem:(") else {
      return nil
    }
    return SocketMemory(line.text(0))
  }

  /// Takes what the queues occupy where that is more than what they hold.
  static func apply(_ memory: SocketMemory, to queue: inout SocketQueue) {
    queue.receiveBytes = max(queue.receiveBytes ?? 0, memory.receive)
    queue.sendBytes = max(queue.sendBytes ?? 0, memory.send)
  }

  /// `users:(("ospf6d",pid=1234,fd=5))`, or before iproute2 4.0 `users:(("ospf6d",1234,5))`.
  private static func user(_ text: String) -> Task? {
    let parts = text.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    let numbers = parts[2].drop { !$0.isNumber }.prefix { $0.isNumber }
    guard let pid = Int(numbers) else { return nil }
    return Task(pid: pid, name: String(parts[1]))
  }

  /// `1234/ospf6d`; `-` when the reader of the table was not allowed to know.
  private static func program(_ line: Line, _ index: Int) -> Task? {
    let word = line.word(index)
    guard let slash = word.firstIndex(of: UInt8(ascii: "/")), slash > word.startIndex,
      let pid = Decimal.value(of: line.bytes, in: word.startIndex..<slash),
      slash + 1 < word.endIndex
    else { return nil }
    var name = String(decoding: word[(slash + 1)...], as: UTF8.self)
    if name.hasSuffix(":") { name.removeLast() }
    return Task(pid: pid, name: name)
  }
}

/// What `ss -m` says of a socket's memory, in bytes.
struct SocketMemory {
  /// `r`: allocated to receive.
  private(set) var receive = 0
  /// `t` and `w`: allocated to send.
  private(set) var send = 0

  init(_ text: String) {
    guard let open = text.firstIndex(of: "(") else { return }
    for field in text[text.index(after: open)...].split(whereSeparator: { ",)".contains($0) }) {
      let key = field.prefix { $0.isLetter }
      guard let value = Int(field.dropFirst(key.count)), value >= 0 else { continue }
      if key == "r" { receive = value }
      if key == "t" || key == "w" { send = max(send, value) }
    }
  }
}

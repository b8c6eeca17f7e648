public import Evidence
internal import Memory

/// Finds sockets that the kernel made for itself and forgot.
///
/// What it looks for, what it proves and what to do is told in `manual`.
public struct LostSockets: Rule {
  /// Sockets of one kind that nothing in use leads to.
  struct Batch {
    /// The kind, such as `udp`.
    let kind: String
    /// The sockets.
    var lost: [FilelessSocket] = []
    /// How many of them only words lead to that may be left from before.
    var mentioned = 0
    /// How many sockets of the kind have no file either and are in use.
    var inUse = 0

    /// The slots of the sockets and of their inodes.
    var slots: [UInt32] { lost.flatMap { [$0.inode, $0.sock] } }
  }

  /// Fewer may be sockets that somebody is about to enter somewhere.
  private static let fewest = 64

  /// Makes the rule.
  public init() {}

  /// `lost-sockets`.
  public let name = "lost-sockets"

  /// One line for the catalogue.
  public let summary = "sockets that the kernel made for itself and forgot"

  /// The manual.
  public let manual = """
    The kernel makes sockets for itself by sock_create_kern, sock_create or kernel_accept. They are
    no files, no process has them open, and no tool lists those that are bound to no port. Who loses
    the pointer to one can never call sock_release.

    What is found: 64 or more sockets of one kind whose struct socket has no file, and to which
    nothing in use leads, neither to the inode that the struct socket is in nor to the struct sock.
    The two refer to each other, which keeps nobody. The search is that of lost-objects, whose manual
    tells what counts.

    What is not found: sockets that a table of the kernel still leads to, as those that are bound to
    a port or connected, and sockets that are in use. Those of network namespaces and of protocols
    are in use.

    How sure it is: definite, when every page that may hold an address was read; otherwise possible.

    What to do: look in what uses sockets in the kernel, modules first, for a way out without
    sock_release. What waits in the sockets' queues is lost with them.
    """

  /// A finding for each kind with many lost sockets.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    guard let reachability = groups.lazy.compactMap(\.reachability).first else { return [] }
    return Self.batches(in: subject, reachability).map {
      finding($0, reachability.coverage, in: subject.census)
    }
  }

  /// The sockets that nothing in use leads to, by kind, where they are many.
  static func batches(in subject: Subject, _ reachability: Reachability) -> [Batch] {
    Dictionary(grouping: subject.filelessSockets, by: \.kind)
      .sorted { $0.key < $1.key }
      .compactMap { kind, sockets in
        let inodes = GroupStanding(sockets.map(\.inode).sorted(), by: reachability)
        let socks = GroupStanding(sockets.map(\.sock).sorted(), by: reachability)
        let (lostInodes, lostSocks) = (Set(inodes.lost), Set(socks.lost))
        var batch = Batch(kind: kind)
        batch.lost = sockets.filter {
          lostInodes.contains($0.inode) && lostSocks.contains($0.sock)
        }
        batch.mentioned = inodes.mentioned + socks.mentioned
        batch.inUse = sockets.count - batch.lost.count
        return batch.lost.count >= fewest ? batch : nil
      }
  }

  private func finding(_ batch: Batch, _ coverage: ScanCoverage, in census: Census) -> Finding {
    let objects = batch.slots.compactMap { census.object(inSlot: Int($0)) }
    let bytes = objects.reduce(0) { $0 + Int(census.slabs[$1.slab].slotSize) }
    let cache = objects.first.map { census.caches[Int(census.slabs[$0.slab].cache)] }
    let count = batch.lost.count
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, parts: [batch.kind]),
      title: "\(count.grouped) \(batch.kind) sockets without a file (\(bytes.byteSize) with their "
        + "inodes) "
        + (coverage.isComplete
          ? "are lost, nothing in use leads to them"
          : "may be lost, nothing in use in the dump leads to them"),
      certainty: coverage.isComplete ? .definite : .possible, cache: cache?.address,
      cacheName: cache?.name, type: "socket", count: count, bytes: bytes, module: nil, symbols: [],
      grounds: coverage.doubt, evidence: evidence(batch, coverage),
      verify: batch.lost.first.map { verifications(of: $0, in: census) } ?? [],
      slots: batch.lost.map(\.sock).sorted())
  }

  private func evidence(_ batch: Batch, _ coverage: ScanCoverage) -> [String] {
    var scan = coverage.reach + " finds nothing in use that leads to them" + coverage.limit
    if batch.mentioned > 0 {
      scan +=
        "; words that may be left from before lead to \(batch.mentioned.grouped) of their parts"
    }
    var evidence = [
      scan,
      "their struct socket has no file: the kernel made them, and no process has them open",
      "struct socket and struct sock of each refer to one another, which keeps neither",
    ]
    if batch.inUse > 0 {
      evidence.append(
        "\(batch.inUse.grouped) more of this kind without a file are in use, or may be")
    }
    return evidence
  }

  private func verifications(of socket: FilelessSocket, in census: Census) -> [Verification] {
    guard let object = census.object(inSlot: Int(socket.sock)) else { return [] }
    let address = census.address(of: object)
    let digits = String(address.rawValue, radix: 16)
    return [
      Verification(tool: "crash", command: "struct sock.sk_socket,__sk_common.skc_prot \(digits)"),
      Verification(tool: "crash", command: "search -k \(digits)"),
      Verification(
        tool: "drgn",
        command: "print(Object(prog, \"struct sock *\", \(address)).sk_socket.file)"),
    ]
  }
}

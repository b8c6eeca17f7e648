public import Evidence

/// Points at memory that no counter covers.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct GhostMemory: Rule {
  /// A smaller part of memory is missing on healthy machines: firmware, drivers, rounding.
  private static let smallestShare = 10
  private static let fewestBytes = 32 << 20

  /// Makes the rule.
  public init() {}

  /// `ghost-memory`.
  public let name = "ghost-memory"

  /// One line for the catalogue.
  public let summary = "memory that no counter of /proc/meminfo covers"

  /// The manual.
  public let manual = """
    /proc/meminfo counts free memory, the page cache, anonymous memory, slabs, page tables, stacks
    and vmalloc. Pages that a driver takes from the page allocator itself are in none of these. The
    rule adds up what does not overlap and points at the rest when it is more than a tenth of memory
    and 32 MiB.

    It is a hint: network drivers' receive rings, graphics memory and balloons are ghosts of good
    standing. That the rest grows while nothing else does is what makes it a leak.

    What to do: compare with a snapshot taken earlier or on a healthy machine. In a dump,
    'slabscope memory' shows which pages have an owner. page_owner=on names the callers.
    """

  /// A finding for the last account that covers enough to have a rest.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    guard let account = subject.accounts.last(where: { $0.isDetailed }), let total = account.total,
      let rest = account.unexplained, rest >= Self.fewestBytes,
      rest >= total / Self.smallestShare
    else { return [] }
    let parts = account.parts.compactMap { part in part.bytes.map { (part.id, $0) } }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(4)
      .map { "\($0.0.replacing("_", with: " ")) \($0.1.byteSize)" }
    return [
      Finding(
        rule: name, fingerprint: Fingerprint.of(rule: name, parts: []),
        title: "\(rest.byteSize) of \(total.byteSize) are in no counter of \(account.source)",
        certainty: .hint, cache: nil, cacheName: nil, type: nil, count: nil, bytes: rest,
        module: nil, symbols: [],
        evidence: [
          "counted are " + parts.joined(separator: ", "),
          "pages that code takes from the page allocator itself, past the slab caches, are counted "
            + "nowhere",
        ],
        verify: [Verification(tool: "crash", command: "kmem -i")])
    ]
  }
}

extension MemoryAccount {
  /// Whether the account has the counters without which a rest would mean nothing.
  fileprivate var isDetailed: Bool {
    let ids = Set(parts.map(\.id))
    return ids.isSuperset(of: ["free", "page_cache", "anonymous", "slab"])
  }
}

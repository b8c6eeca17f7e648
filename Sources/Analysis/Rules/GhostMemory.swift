public import Evidence

/// Points at memory that nothing accounts for.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct GhostMemory: Rule {
  /// A smaller part of memory is missing on healthy machines: firmware, drivers, rounding.
  private static let smallestShare = 10
  private static let fewestBytes = 32 << 20
  /// Pages that look the same are worth a look from this on, even where they are a small part.
  private static let fewestAlike = 64
  private static let fewestBytesAlike = 8 << 20
  /// So many groups of pages become findings.
  private static let mostGroups = 3

  /// Makes the rule.
  public init() {}

  /// `ghost-memory`.
  public let name = "ghost-memory"

  /// One line for the catalogue.
  public let summary = "memory that no counter and no record of the kernel accounts for"

  /// The manual.
  public let manual = """
    /proc/meminfo counts free memory, the page cache, anonymous memory, slabs, page tables, stacks
    and vmalloc. Pages that a driver takes from the page allocator itself are in none of these. The
    rule points at them when they are more than a tenth of memory and 32 MiB: from counters, by
    adding up what does not overlap; in a dump, by the state of every page.

    In a dump their contents are compared as well. Where 64 blocks or more, and 8 MiB, hold the
    address of the same function or object in the same place, that is a finding of its own: it names
    whose they are. The first page of each block is looked at.

    It is a hint, and possible at most: network drivers' receive rings, graphics memory and tables of
    the kernel's own are ghosts of good standing. That they grow while nothing else does is what
    makes them a leak.

    What to do: compare with a snapshot taken earlier or on a healthy machine. 'slabscope memory'
    shows what every page is used for, and what the ghosts hold. page_owner=on names the callers.
    """

  /// Findings for pages that look the same, and one for the last account that covers enough to have
  /// a rest.
  public func findings(in subject: Subject, groups: [CacheGroups]) async -> [Finding] {
    guard let account = subject.accounts.last(where: { $0.isDetailed }), let total = account.total
    else { return [] }
    let rest = subject.ghosts.map { unaccounted($0) } ?? account.unexplained ?? 0
    var findings: [Finding] = []
    if let ghosts = subject.ghosts, rest >= Self.fewestBytesAlike, !TimeLimit.isOver {
      let alike = await GhostGroups(of: subject)
      findings = alike.groups.filter { isTelling($0, pageSize: ghosts.pageSize) }
        .prefix(Self.mostGroups).map { finding($0, of: alike, ghosts, total: total) }
    }
    if rest >= Self.fewestBytes, rest >= total / Self.smallestShare {
      findings.append(finding(rest, of: total, account, isCounted: subject.ghosts == nil))
    }
    return findings
  }

  /// The bytes of blocks that nothing accounts for.
  private func unaccounted(_ ghosts: GhostPages) -> Int {
    ghosts.pages &* ghosts.pageSize &- (ghosts.largeObjects ?? 0)
  }

  private func isTelling(_ group: GhostGroups.Group, pageSize: Int) -> Bool {
    group.blocks.count >= Self.fewestAlike
      && group.pages &* pageSize >= Self.fewestBytesAlike && !group.symbols.isEmpty
  }

  private func finding(
    _ group: GhostGroups.Group, of alike: GhostGroups, _ ghosts: GhostPages, total: Int
  ) -> Finding {
    let bytes = group.pages &* ghosts.pageSize
    let module = group.module
    let owner = module ?? "the kernel"
    var evidence = group.places.prefix(4).map { "each has \($0.symbol) at +0x\($0.offset)" }
    evidence.append(
      "no record of the kernel accounts for them: they were taken from the page allocator itself")
    if alike.sampled < ghosts.blocks.count {
      evidence.append(
        "\(alike.sampled.grouped) of \(ghosts.blocks.count.counted("block")) were looked at")
    }
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, group.template),
      title: "\(group.blocks.count.counted("block")) of pages (\(bytes.byteSize)) that nothing "
        + "accounts for look the same: \(owner)",
      certainty: .possible, cache: nil, cacheName: nil, type: nil, count: group.blocks.count,
      bytes: bytes, module: module, symbols: group.symbols, evidence: evidence,
      verify: group.blocks.prefix(1).map {
        Verification(tool: "crash", command: "rd -SS \($0.start) 32")
      })
  }

  private func finding(
    _ rest: Int, of total: Int, _ account: MemoryAccount, isCounted: Bool
  ) -> Finding {
    let place =
      isCounted ? "in no counter of \(account.source)" : "in pages that nothing accounts for"
    let parts = account.parts.compactMap { part in part.bytes.map { (part.id, $0) } }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(4)
      .map { "\($0.0.replacing("_", with: " ")) \($0.1.byteSize)" }
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, parts: []),
      title: "\(rest.byteSize) of \(total.byteSize) are \(place)",
      certainty: .hint, cache: nil, cacheName: nil, type: nil, count: nil, bytes: rest,
      module: nil, symbols: [],
      evidence: [
        (isCounted ? "counted are " : "accounted for are ") + parts.joined(separator: ", "),
        "pages that code takes from the page allocator itself, past the slab caches, are counted "
          + "nowhere",
      ],
      verify: [Verification(tool: "crash", command: "kmem -i")])
  }
}

extension GhostGroups.Group {
  /// Where the first pages hold the address of a function or object.
  fileprivate var places: [(offset: String, symbol: String)] {
    template.words.compactMap { word in
      guard case .symbol(let name, _, let module) = word.shared else { return nil }
      return (String(word.offset, radix: 16), module.map { "\(name) [\($0)]" } ?? name)
    }
  }

  /// The module of the first symbol that is a module's.
  fileprivate var module: String? {
    template.words.lazy.compactMap { word -> String? in
      guard case .symbol(_, _, let module) = word.shared else { return nil }
      return module
    }.first
  }
}

extension MemoryAccount {
  /// Whether the account has the parts without which a rest would mean nothing.
  fileprivate var isDetailed: Bool {
    let ids = Set(parts.map(\.id))
    return ids.isSuperset(of: ["free", "page_cache", "anonymous", "slab"])
  }
}

public import Evidence
internal import Memory

/// Points at slab caches that counters show out of proportion.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct LargeCaches: Rule {
  private static let fewestBytes = 16 << 20
  /// As many objects are remarkable whatever they are.
  private static let manyObjects = 1_000_000
  /// What share of all caches, one in so many, is remarkable.
  private static let share = 4

  /// Makes the rule.
  public init() {}

  /// `large-cache`.
  public let name = "large-cache"

  /// One line for the catalogue.
  public let summary = "slab caches out of proportion, by counters"

  /// The manual.
  public let manual = """
    kmem -s and /proc/slabinfo count the objects of every cache. This rule points at caches that
    have a million objects, or a quarter of the memory of all caches shown, and at least 16 MiB.

    It is a hint: a file server has millions of dentries for good reasons. Caches that hold one
    thing each are told together: a socket has a sock_inode_cache object and a dentry, an open file
    a filp.

    What to do: compare with a healthy machine (give both texts). In a dump, 'slabscope groups'
    tells the objects of a cache apart.
    """

  /// What the objects of some caches say about the machine.
  private static let meanings: [String: String] = [
    "sock_inode_cache": "each is a socket that is open, or that was never released",
    "dentry": "each is a name in a file system, or the name of a socket or pipe",
    "filp": "each is an open file",
    "skbuff_head_cache": "each is a network packet that waits somewhere",
    "task_struct": "each is a thread, or one that nobody waited for",
    "kernfs_node_cache": "each is a file of sysfs or of a control group",
    "radix_tree_node": "they index the page cache",
    "buffer_head": "they belong to the page cache of file systems on disk",
    "vm_area_struct": "each is a mapping of a process",
  ]

  private struct Candidate {
    let cache: Int
    let objects: Int
    let bytes: Int
  }

  /// A finding for each such cache, the largest first.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    let all = subject.counters.indices.compactMap { candidate($0, in: subject) }
    let total = all.reduce(0) { $0.addingReportingOverflow($1.bytes).partialValue }
    let large = all.filter {
      $0.bytes >= Self.fewestBytes
        && ($0.objects >= Self.manyObjects || $0.bytes >= total / Self.share)
    }
    .sorted { ($1.bytes, $0.cache) < ($0.bytes, $1.cache) }
    return large.map { finding($0, of: total, beside: large, in: subject) }
  }

  private func candidate(_ cache: Int, in subject: Subject) -> Candidate? {
    guard subject.census.caches.indices.contains(cache), let counters = subject.counters[cache],
      let objects = counters.allocated
    else { return nil }
    let size = subject.census.caches[cache].slotSize
    let (bytes, overflow) = objects.multipliedReportingOverflow(by: size)
    return overflow ? nil : Candidate(cache: cache, objects: objects, bytes: bytes)
  }

  private func finding(
    _ candidate: Candidate, of total: Int, beside large: [Candidate], in subject: Subject
  ) -> Finding {
    let cache = subject.census.caches[candidate.cache]
    let others = large.filter { $0.cache != candidate.cache }.prefix(2).map {
      "\($0.objects.grouped) \(subject.census.caches[$0.cache].name) (\($0.bytes.byteSize))"
    }
    var title =
      "\(candidate.objects.grouped) objects are in \(cache.name) (\(candidate.bytes.byteSize))"
    if !others.isEmpty { title += ", beside " + others.joined(separator: " and ") }
    var evidence: [String] = []
    if let meaning = Self.meanings[cache.name] { evidence.append(meaning) }
    if cache.name == "sock_inode_cache",
      large.contains(where: { subject.census.caches[$0.cache].name == "dentry" })
    {
      evidence.append("each socket has a dentry, too: the two caches grow together")
    }
    let percent = total > 0 ? Int((Double(candidate.bytes) / Double(total) * 100).rounded()) : 0
    let source = subject.counters[candidate.cache]?.source ?? ""
    evidence.append("that is \(percent) % of the memory of all caches that \(source) shows here")
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, parts: [cache.name]), title: title,
      certainty: .hint, cache: cache.address.rawValue == 0 ? nil : cache.address,
      cacheName: cache.name, type: nil, count: candidate.objects, bytes: candidate.bytes,
      module: nil, symbols: [], evidence: evidence,
      verify: [Verification(tool: "crash", command: "kmem -S \(cache.name)")])
  }
}

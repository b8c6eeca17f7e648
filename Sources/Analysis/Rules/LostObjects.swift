internal import ByteKit
public import Evidence
internal import Memory

/// Finds objects that nothing in the kernel's memory leads to.
///
/// What it looks for, what it proves and what to do is told in `manual`.
public struct LostObjects: Rule {
  /// Fewer may be objects that somebody is about to enter somewhere, or that only a device knows.
  private static let fewest = 64

  /// Makes the rule.
  public init() {}

  /// `lost-objects`.
  public let name = "lost-objects"

  /// True: what the objects are is not known beforehand.
  public let isForAnyObjects = true

  /// One line for the catalogue.
  public let summary = "objects that nothing in the kernel's memory leads to"

  /// The manual.
  public let manual = """
    Whoever allocates an object keeps its address somewhere until it is freed: in a variable, a list,
    a table, another object. An object whose address stands nowhere can never be freed: it is lost.

    What is found: objects of one cache that look alike, 64 or more, to which nothing leads. All
    memory of the kernel in the dump is searched for words that are addresses in them: its variables
    and those of modules, per-CPU variables, the array of struct page, memory taken at boot, vmalloc
    memory, pages from the page allocator, the stacks of tasks, and the objects of all slab caches.
    An address of any place within an object counts, so tags in the lowest bits do no harm, and on
    arm64 the top byte is ignored. What lost objects hold keeps nobody: a list whose head is
    forgotten is lost as a whole, and so is a tree.

    What does not count: what free objects hold, what lies behind an object in its slot, stacks below
    the stack pointer and those of tasks that ended, free pages, pages of processes and of files, and
    the allocator's own records: lists and sheaves of free objects, KFENCE, kmemleak.

    What is not looked for: addresses that the kernel keeps in another form, such as physical
    addresses for devices, numbers of page frames, per-CPU offsets, or pointers mixed with a key.

    How sure it is: definite, when every page that may hold an address was read. Otherwise the
    finding is possible, and the pages that are missing are told.

    What to do: the functions and data that the objects point to tell whose they are; look there for
    a path that forgets them: an error path, a table that an entry is removed from, a reference
    count that is not dropped. slabscope show prints one of the examples, word by word.
    """

  /// A finding for each group with many lost members.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    guard let reachability = groups.lazy.compactMap(\.reachability).first else { return [] }
    let files = LostSeqFiles.Files(in: subject, reachability)
    // What a reference count keeps, and sockets, are told of by the rules for these.
    let sockets = LostSockets.batches(in: subject, reachability)
    let kept = subject.lostWithOvercounts
      .union(subject.overcounts.flatMap { $0.slots + $0.kept })
      .union(subject.routeSurpluses.flatMap(\.slots)).union(sockets.flatMap(\.slots))
    let lost = LostGroups(
      groups, reachability, claimed: files.slots.union(kept), fewest: Self.fewest)
    return lost.entries.indices.map { finding($0, of: lost, reachability.coverage, in: subject) }
  }

  private func finding(
    _ number: Int, of lost: LostGroups, _ coverage: ScanCoverage, in subject: Subject
  ) -> Finding {
    let entry = lost.entries[number]
    let cache = subject.census.caches[entry.cache]
    let amount = Amount(
      seen: entry.groups.reduce(0) { $0 + $1.slots.count }, in: entry.groups.first?.sample)
    let bytes = amount.bytes(slotSize: cache.slotSize)
    let naming = entry.naming
    let names = CacheNames(subject)
    let referrers = lost.referrers(of: entry, in: subject.census)
    let fingerprint =
      naming.isKnown
      ? entry.groups.first.map { Fingerprint.of(rule: name, $0.template) }
      : Fingerprint.of(rule: name, parts: [cache.name] + entry.marks)
    return Finding(
      rule: name, fingerprint: fingerprint ?? "",
      title: "\(naming.words(amount)) in \(names.place(of: entry.groups, in: cache)) "
        + "(\(bytes.byteSize)) " + loss(isReferredTo: !referrers.isEmpty, coverage)
        + (naming.owner.map { ": \($0)" } ?? ""),
      certainty: coverage.isComplete ? .definite : .possible, cache: cache.address,
      cacheName: cache.name, alias: names.alias(of: entry.groups), type: naming.type,
      count: amount.count, bytes: bytes, module: naming.module,
      symbols: naming.symbols, grounds: coverage.doubt,
      evidence: [scan(entry, coverage)]
        + others(entry, referrers, lost.dependents[number], in: subject.census),
      verify: entry.groups.first.map { naming.verifications(of: $0, in: subject) } ?? [],
      groups: entry.groups)
  }

  /// That they are lost, as far as the scan can tell.
  private func loss(isReferredTo: Bool, _ coverage: ScanCoverage) -> String {
    let place = coverage.isComplete ? "" : " in the dump"
    let what = isReferredTo ? "nothing in use\(place) leads" : "nothing\(place) refers"
    return "\(coverage.isComplete ? "are" : "may be") lost, \(what) to them"
  }

  /// What the scan found, in a sentence.
  private func scan(_ entry: LostGroups.Entry, _ coverage: ScanCoverage) -> String {
    var scan =
      coverage.reach
      + (entry.mentioned > 0
        ? " finds nothing that leads to them but words in stacks to \(entry.mentioned.grouped) of "
          + "them, so few that they may be left from before"
        : " finds nothing in use that leads to them") + coverage.limit
    if entry.inUse == 1 { scan += "; 1 more that looks the same is in use" }
    if entry.inUse > 1 {
      let inUse = Amount(seen: entry.inUse, in: entry.groups.first?.sample)
      scan += "; \(inUse.words) more that look the same are in use"
    }
    return scan
  }

  private func others(
    _ entry: LostGroups.Entry, _ referrers: [(cache: Int, count: Int)], _ dependents: [Int: Int],
    in census: Census
  ) -> [String] {
    var evidence: [String] = []
    if entry.doubtful > 0 {
      evidence.append(
        "\(entry.doubtful.grouped) more are not counted: words in stacks lead to them, which may be "
          + "left from before")
    }
    if !referrers.isEmpty {
      let total = referrers.reduce(0) { $0 + $1.count }
      let caches = referrers.prefix(3).map { census.caches[$0.cache].name }
      evidence.append(
        "\(total.grouped) of them are referred to, but only by lost objects in "
          + caches.joined(separator: ", "))
    }
    for (cache, count) in dependents.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let size = census.caches[cache].slotSize
      let bytes = count.multipliedReportingOverflow(by: size).partialValue
      evidence.append(
        "lost with them is what only they refer to: \(count.counted("object")) in "
          + "\(census.caches[cache].name) (\(bytes.byteSize))")
    }
    return evidence
  }
}

extension ScanCoverage {
  /// How much was scanned: `a scan of all kernel memory in the dump (1,000 pages)`.
  var reach: String {
    let memory = isComplete ? "all kernel memory" : "the kernel memory"
    return "a scan of \(memory) in the dump (\(scannedPages.counted("page")))"
  }

  /// Why nothing that the scan did not find is certain, or nil when all memory was scanned.
  var doubt: String? {
    isComplete ? nil : "not all memory that may hold references to them could be read"
  }

  /// What could not be scanned, as the end of a sentence; empty when nothing is missing.
  var limit: String {
    isComplete
      ? "" : ", but \(missingPages.counted("page")) that could hold references cannot be read"
  }
}

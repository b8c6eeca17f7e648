public import Evidence

/// Points at objects of which there are very many, all alike, and that a module or a string names.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct ManyAlike: Rule {
  /// Fewer objects are not remarkable.
  private static let fewest = 1000
  /// As many bytes are remarkable in any cache.
  private static let manyBytes = 1 << 20

  /// Makes the rule.
  public init() {}

  /// `many-alike`.
  public let name = "many-alike"

  /// True: what the objects are is not known beforehand.
  public let isForAnyObjects = true

  /// One line for the catalogue.
  public let summary = "very many objects that look alike and that a module or a string names"

  /// The manual.
  public let manual = """
    A leak fills a cache with objects that differ in little. This rule points at groups of at least
    1,000 objects in the general caches (kmalloc-N) that take 1 MiB or half of what is allocated in
    their cache, and that either refer to functions or data of a module or are copies of a string.

    It is a hint and proves nothing: sessions, connections and table entries are many and alike for
    good reasons. Caches with a name of their own are left out; slabscope caches shows how large
    they are. So are objects that another rule explains.

    What to do: look at the symbols for the owner, ask the owner how many there should be, and see
    with slabscope show whether something still refers to one of the examples.
    """

  /// A finding for each such group.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    groups.filter { SizeClasses.isSizeClass(subject.census.caches[$0.cache]) }
      .flatMap { cache in cache.groups.compactMap { finding($0, cache.reachability, in: subject) } }
  }

  private func finding(
    _ group: ObjectGroup, _ reachability: Reachability?, in subject: Subject
  ) -> Finding? {
    let cache = subject.census.caches[group.cache]
    // What is lost is another rule's.
    let lost = reachability.map { GroupStanding(group.slots, by: $0).lost } ?? []
    let known = SlotSet(lost, slotCount: subject.census.slotCount)
    let slots = lost.isEmpty ? group.slots : group.slots.filter { !known.contains(Int($0)) }
    let amount = group.amount(of: slots.count)
    let count = amount.count
    let bytes = amount.bytes(slotSize: cache.slotSize)
    let allocated = subject.census.counts[group.cache].allocated
    guard count >= Self.fewest, bytes >= Self.manyBytes || count >= allocated / 2,
      !LostSingleOpen.matches(group.template)
    else { return nil }
    let naming = GroupNaming(group)
    guard naming.module != nil || naming.text != nil else { return nil }
    let size = bytes.byteSize
    let title =
      naming.text == nil
      ? "\(naming.words(amount)) in \(cache.name) (\(size)) look alike: \(naming.module ?? "")"
      : "\(naming.words(amount)) are in \(cache.name) (\(size))"
    let members = group.limited(to: slots)
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, group.template), title: title,
      certainty: .hint, cache: cache.address, cacheName: cache.name, type: naming.type,
      count: count, bytes: bytes, module: naming.module, symbols: naming.symbols,
      evidence: [
        "they are \(amount.words) of the \(allocated.grouped) objects allocated in \(cache.name)"
      ], verify: naming.verifications(of: members, in: subject), groups: [members])
  }
}

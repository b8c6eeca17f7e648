public import Evidence
internal import Memory

/// Points at control groups that were removed and do not go away.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct DyingCgroups: Rule {
  /// A healthy machine has some hundreds, until memory is short.
  private static let fewest = 200
  /// As many are more than services that come and go leave behind.
  private static let many = 2_000
  /// As much memory is worth a look whatever it is.
  private static let manyBytes = 256 << 20

  /// Makes the rule.
  public init() {}

  /// `dying-cgroups`.
  public let name = "dying-cgroups"

  /// One line for the catalogue.
  public let summary = "control groups that were removed and live on, and what keeps them"

  /// The manual.
  public let manual = """
    A control group whose directory was removed lives on while something refers to it: "dying" is
    the kernel's word, and nr_dying_descendants in cgroup.stat the count. Each costs some tens of
    kilobytes, most of it memory of CPUs, and makes every walk over all groups longer. Machines that
    start services or containers without end can collect a hundred thousand of them.

    What is found: 200 or more. For each the pages are looked for that are charged to it, and told
    by what they are: a file in tmpfs that a service left, or files that others still read. Those
    without pages are kept by references: of a socket that was opened in the group, a process that
    was not waited for, a BPF program.

    Slab objects do not keep them on kernels since 5.9: they count for the group that the removed
    one lay in. How many do is told as well, and of which caches. Since 7.1 pages do not keep them
    either.

    How sure it is: a hint. From 2,000 groups or 256 MiB of pages on, possible. That they are there
    is certain; whether that is a leak is not, as the kernel frees them when memory is short and
    their pages are reclaimed.

    What to do: 'slabscope caches --by cgroup' lists what is charged to whom, and --format json each
    dying group. Look at what kind of pages keeps them: remove what services leave in /dev/shm and
    /run, or have them use directories that are removed with the service.
    """

  /// One finding for all of them, if they are many.
  public func findings(in subject: Subject, groups: [CacheGroups]) async -> [Finding] {
    guard let charges = subject.charges else { return [] }
    let dying = DyingGroups(charges, pageSize: subject.memory.pageSize.bytes)
    guard dying.count >= Self.fewest else { return [] }
    let pages = dying.bytes > 0 ? ", with \(dying.bytes.byteSize) of pages" : ""
    let slots = dying.groups.compactMap { group in
      subject.census.object(containing: group.address)
        .flatMap { UInt32(exactly: subject.census.slot(of: $0)) }
    }
    let own = slots.reduce(0) { sum, slot in
      let slab = subject.census.object(inSlot: Int(slot)).map { subject.census.slabs[$0.slab] }
      return sum &+ Int(slab?.slotSize ?? 0)
    }
    var evidence = dying.sentences
    if let inherited = await inherited(charges, in: subject) { evidence.append(inherited) }
    return [
      Finding(
        rule: name, fingerprint: Fingerprint.of(rule: name, parts: []),
        title: "\(dying.count.grouped) control groups were removed and live on" + pages,
        certainty: dying.count >= Self.many || dying.bytes >= Self.manyBytes ? .possible : .hint,
        cache: nil, cacheName: nil, type: "mem_cgroup", count: dying.count,
        bytes: dying.bytes &+ own, isKnownPattern: false, module: nil, symbols: [],
        grounds: "counted by the kernel, and found in its tree of groups", evidence: evidence,
        verify: [
          Verification(
            tool: "drgn",
            command: "print(prog[\"root_mem_cgroup\"].css.cgroup.nr_dying_descendants)")
        ], slots: slots.sorted())
    ]
  }

  /// What objects of removed groups count for those that these lay in.
  private func inherited(_ charges: any ChargeRecords, in subject: Subject) async -> String? {
    let entries = await charges.usage().entries.filter { $0.inherited > 0 }
    guard !entries.isEmpty else { return nil }
    var objects = 0
    var bytes = 0
    var caches: [Int: Int] = [:]
    for entry in entries {
      let size = subject.census.caches[entry.cache].slotSize
      objects += entry.inherited
      bytes &+= entry.inherited &* size
      caches[entry.cache, default: 0] &+= entry.inherited &* size
    }
    let largest = caches.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
      .map { "\(subject.census.caches[$0.key].name) \($0.value.byteSize)" }
    return "\(objects.counted("slab object")) of removed groups (\(bytes.byteSize)) count for the "
      + "groups that these lay in: " + largest.joined(separator: ", ")
  }
}

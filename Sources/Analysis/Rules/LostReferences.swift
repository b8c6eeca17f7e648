public import Evidence
internal import Memory

/// Finds objects that are kept by a reference count which nobody will ever drop.
///
/// What it looks for, what it proves and what to do is told in `manual`.
public struct LostReferences: Rule {
  /// Makes the rule.
  public init() {}

  /// `lost-references`.
  public let name = "lost-references"

  /// One line for the catalogue.
  public let summary = "dentries that are counted once more than anything holds them"

  /// The manual.
  public let manual = """
    Whoever takes a path by path_get, dget, kern_path or the like adds 1 to the count of its dentry
    and keeps a pointer to it, until path_put or dput. Who loses the pointer leaves the count too
    large: the dentry and its inode can never be freed, even when the file is deleted or the socket
    closed, and its file system cannot be unmounted.

    What is found: by file system, 64 or more dentries with a count larger than everything that can
    hold them. The count must be explained by what the file system keeps for itself and by words in
    memory that lead to the dentry: those of its children, of open files, of mounts, of root and
    working directories, and of anything else, whatever it is. What leads to the links inside of a
    dentry does not count: hash tables, lists of children, of unused dentries and of an inode's
    names hold no reference.

    What a file system keeps for itself: one count for every file and directory in tmpfs, ramfs,
    debugfs and others that are nowhere but in memory. Newer kernels mark these (DCACHE_PERSISTENT).
    Where the kernel does not, one count is allowed for every dentry that has a name and an inode,
    unless the file system has a disk, or is known to keep none, such as overlay, proc, sysfs, NFS.
    So one count too many can stay unseen in a file system that is not known, two cannot.

    How sure it is: definite, when all memory that may hold such words was read. Otherwise possible:
    the holders may be in pages that the dump does not have.

    What it does not prove: who took the references. Where the file still exists, its memory is in
    use anyway; it is lost when the file is deleted.

    What to do: look in what was added to the kernel, modules first, for a call that takes a path and
    a way out that does not put it back: path_get, kern_path, dget, d_find_alias, dget_parent. The
    file system, the directory and the names tell what kind of file went through it.
    """

  /// A finding for each file system with such objects.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    subject.overcounts.map { finding($0, in: subject) }
  }

  private func finding(_ found: Overcount, in subject: Subject) -> Finding {
    let bytes = (found.slots + found.kept).reduce(0) { $0 + size(of: $1, in: subject.census) }
    let count = found.slots.count
    let object = found.slots.first.flatMap { subject.census.object(inSlot: Int($0)) }
    let cache = object.map { subject.census.caches[Int(subject.census.slabs[$0.slab].cache)] }
    let place = found.directory.map { " below \($0)" } ?? ""
    let title =
      "\(count.counted(found.type, plural(found.type)))\(place) (\(found.fileSystem), "
      + "\(bytes.byteSize) with their inodes) are held by \(found.surplus.counted("reference")) "
      + "that nobody has"
    return Finding(
      rule: name,
      fingerprint: Fingerprint.of(
        rule: name, parts: [found.type, found.fileSystem, found.directory ?? ""]),
      title: title, certainty: found.coverage.isComplete ? .definite : .possible,
      cache: cache?.address, cacheName: cache?.name, type: found.type, count: count, bytes: bytes,
      module: nil, symbols: [],
      grounds: found.coverage.isComplete
        ? "their counts are larger than the number of words in all kernel memory that lead to them"
        : "not all memory that may hold references to them could be read",
      evidence: [sum(found), holders(found), scan(found), names(found), kept(found, in: subject)]
        .compactMap { $0 },
      verify: object.map { verifications(at: subject.census.address(of: $0)) } ?? [],
      slots: found.slots)
  }

  private func plural(_ type: String) -> String { type == "dentry" ? "dentries" : type + "s" }

  private func size(of slot: UInt32, in census: Census) -> Int {
    census.object(inSlot: Int(slot)).map { Int(census.slabs[$0.slab].slotSize) } ?? 0
  }

  /// How the counts add up.
  private func sum(_ found: Overcount) -> String {
    let pins =
      found.pins == 0
      ? "\(found.fileSystem) keeps none of them for itself"
      : "\(found.fileSystem) may keep \(found.pins.grouped) for itself"
    return "their counts add up to \(found.references.grouped): \(pins), "
      + "\(found.words.counted("word")) in memory may be a holder's, \(found.surplus.grouped) "
      + (found.surplus == 1 ? "is" : "are") + " left over"
  }

  private func holders(_ found: Overcount) -> String {
    let holders = found.holders
    guard holders.total > 0 else {
      return "no child, open file, mount, and no root or working directory of a process holds them"
    }
    return "holders that were found: "
      + [
        (holders.children, "child", "children"), (holders.files, "open file", "open files"),
        (holders.mounts, "mount", "mounts"),
        (holders.directories, "directory of a process", "directories of processes"),
      ].filter { $0.0 > 0 }.map { $0.0.counted($0.1, $0.2) }.joined(separator: ", ")
  }

  private func scan(_ found: Overcount) -> String {
    "\(found.coverage.reach) finds \(found.words.counted("word")) that "
      + (found.words == 1 ? "leads" : "lead")
      + " to them, those in hash tables and lists left out" + found.coverage.limit
  }

  private func names(_ found: Overcount) -> String? {
    guard !found.examples.isEmpty else { return nil }
    let more = found.slots.count > found.examples.count ? " and so on" : ""
    return "their names: " + found.examples.joined(separator: ", ") + more
  }

  private func kept(_ found: Overcount, in subject: Subject) -> String? {
    let inodes = found.kept.count.counted("inode")
    let lost = found.unhashed
    if lost == found.slots.count {
      return "they have no name in their file system any more and keep \(inodes): all of it is lost"
    }
    let named = (found.slots.count - lost).grouped
    return "they keep \(inodes); \(named) still have a name in their file system: their memory is "
      + "lost when that is removed"
  }

  private func verifications(at address: VirtualAddress) -> [Verification] {
    [
      Verification(
        tool: "crash",
        command: "struct dentry.d_lockref,d_inode,d_parent,d_name "
          + String(address.rawValue, radix: 16)),
      Verification(
        tool: "crash", command: "search -k " + String(address.rawValue, radix: 16)),
      Verification(
        tool: "drgn",
        command: "print(Object(prog, \"struct dentry *\", \(address)).d_lockref.count)"),
    ]
  }
}

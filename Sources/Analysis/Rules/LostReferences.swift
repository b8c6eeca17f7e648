internal import DebugInfo
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
  public let summary = "files, dentries, tasks and others that are counted more often than held"

  /// The manual.
  public let manual = """
    Whoever keeps a file, an inode, a path, a task or another counted object adds 1 to its count and
    keeps a pointer to it, until the reference is put back. Who loses the pointer leaves the count
    too large: the object can never be freed, even when the file is closed, the process has ended or
    the device is to be removed.

    What is found: objects of one kind that are held by 64 or more references that nobody has, be it
    one object or many. Each count must be explained by words in memory that lead to the object,
    whatever they are in, and by what the kernel is known to keep without a pointer. What leads to
    the links inside of an object does not count: hash tables, lists and trees hold no reference.
    These are looked at:

      file            fget, filp_open without fput: open no more, or in no table of descriptors
      dentry          path_get, kern_path, dget without path_put, dput
      inode           igrab, ihold without iput
      mount           mntget, path_get without mntput, path_put
      net_device      dev_hold, dev_get_by_name without dev_put
      task_struct     get_task_struct without put_task_struct, once the task has exited
      pid, cred       get_pid, get_cred without put_pid, put_cred
      mm_struct       get_task_mm without mmput: all memory of the process stays
      sock            sock_hold without sock_put, once the socket is closed
      user_namespace  get_user_ns without put_user_ns

    What only refers to the object without holding it is left out where it is known: a file's
    pointer to its inode, epoll's to a file, what a file's private_data has to point back to it,
    mappings of an address space, pages of a file. One defect is told once: a file that is never put
    explains the counts of its dentry, mount and credentials.

    What may be kept without a pointer: one count for every file and directory in tmpfs, ramfs,
    debugfs and others that are nowhere but in memory. Newer kernels mark these (DCACHE_PERSISTENT).
    Where the kernel does not, one count is allowed for every dentry that has a name and an inode,
    unless the file system has a disk, or is known to keep none, such as overlay, proc, sysfs, NFS.
    A mount is held by the tree that it is in, a network device by its queues. Who has a pointer to
    a file's private_data, as to a dma_buf or a socket, may hold the file by that.

    How sure it is: definite, when all memory that may hold such words was read. Otherwise possible:
    the holders may be in pages that the dump does not have.

    What it does not prove: who took the references. A word that looks like a holder's and is none
    hides a lost reference, so there may be more.

    What to do: look in what was added to the kernel, modules first, for a call that takes such a
    reference and a way out that does not put it back. The file system, the directory, the names and
    the operations tell what kind of object went through it.
    """

  /// A finding for each kind of such objects.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    let reachability = groups.lazy.compactMap(\.reachability).first
    return subject.overcounts.map { finding($0, in: subject, reachability) }
  }

  private func finding(
    _ found: Overcount, in subject: Subject, _ reachability: Reachability?
  ) -> Finding {
    let words = CountedObjectWords(found.type)
    let bytes = (found.slots + found.kept).reduce(0) { $0 + size(of: $1, in: subject.census) }
    let count = found.slots.count
    let object = found.slots.first.flatMap { subject.census.object(inSlot: Int($0)) }
    let cache = object.map { subject.census.caches[Int(subject.census.slabs[$0.slab].cache)] }
    let operations = found.operations.flatMap { subject.symbols.reference(to: $0) }
    let module =
      operations?.symbol.module
      ?? found.operations.flatMap { address in
        subject.modules.first { $0.ranges.contains { $0.contains(address) } }?.name
      }
    let with =
      found.kept.isEmpty
      ? "" : found.type == "dentry" ? " with their inodes" : " with what they keep"
    let place =
      ((operations?.description ?? module).map { " of \($0)" } ?? "")
      + (found.directory.map { " below \($0)" } ?? "")
    let kind = [found.fileSystem, found.label, bytes.byteSize + with].compactMap { $0 }
      .joined(separator: ", ")
    return Finding(
      rule: name,
      fingerprint: Fingerprint.of(
        rule: name,
        parts: [
          found.type, found.fileSystem ?? found.label ?? "", found.directory ?? "",
        ] + (operations.map { [$0.description] } ?? [])),
      title: "\(count.counted(words.singular, words.plural))\(place) (\(kind)) "
        + (count == 1 ? "is" : "are")
        + " held by \(found.surplus.counted("reference")) that nobody "
        + (found.coverage.isComplete ? "has" : "in the dump has"),
      certainty: found.coverage.isComplete ? .definite : .possible,
      cache: cache?.address, cacheName: cache?.name, type: found.type, count: count, bytes: bytes,
      module: module,
      symbols: operations.map { [$0.description] } ?? [],
      grounds: found.coverage.doubt
        ?? "their counts are larger than the number of words in all kernel memory that lead to them",
      evidence: [
        sum(found), holders(found), scan(found), names(found), kept(found),
        paths(found), followers(found, in: subject.census, reachability),
        "look for \(words.takers) without \(words.droppers)",
      ].compactMap { $0 },
      verify: found.first.map { verifications(of: found, at: $0) } ?? [],
      slots: found.slots)
  }

  private func size(of slot: UInt32, in census: Census) -> Int {
    census.object(inSlot: Int(slot)).map { Int(census.slabs[$0.slab].slotSize) } ?? 0
  }

  /// How the counts add up.
  private func sum(_ found: Overcount) -> String {
    let keeper = found.type == "dentry" ? found.fileSystem ?? "the file system" : "the kernel"
    let pins =
      found.pins == 0
      ? "\(keeper) keeps none of them for itself"
      : "\(keeper) may keep \(found.pins.grouped) for itself"
    let are = found.slots.count == 1 ? "its count is" : "their counts add up to"
    let explained =
      found.explained == 0
      ? "" : "\(found.explained.grouped) go with lost references to its dentries, "
    return "\(are) \(found.references.grouped): \(pins), \(explained)"
      + "\(found.words.counted("word")) in memory may be a holder's, \(found.surplus.grouped) "
      + (found.surplus == 1 ? "is" : "are") + " left over"
  }

  private func holders(_ found: Overcount) -> String {
    guard found.holders.total > 0 else {
      return switch found.type {
      case "dentry":
        "no child, open file, mount, and no root or working directory of a process holds them"
      case "file": "no process has them open or mapped"
      default: "no holder of a known kind has them"
      }
    }
    return "holders that were found: "
      + found.holders.counts.sorted { $0.key < $1.key }.map { kind, count in
        let (one, several) = CountedObjectWords.holders[kind] ?? (kind, kind + "s")
        return count.counted(one, several)
      }.joined(separator: ", ")
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

  private func kept(_ found: Overcount) -> String? {
    guard found.type == "dentry" else { return nil }
    let inodes = found.kept.count.counted("inode")
    let lost = found.unhashed
    if lost == found.slots.count {
      return "they have no name in their file system any more and keep \(inodes): all of it is lost"
    }
    let named = (found.slots.count - lost).grouped
    return "they keep \(inodes); \(named) still have a name in their file system: their memory is "
      + "lost when that is removed"
  }

  private func paths(_ found: Overcount) -> String? {
    guard found.mountReferences > 0 else { return nil }
    return "\(found.mountReferences.counted("reference")) to the file system's mount "
      + (found.mountReferences == 1 ? "is" : "are") + " left over as well: whole paths were taken"
  }

  /// What else is lost, as nothing but these objects leads to it.
  private func followers(
    _ found: Overcount, in census: Census, _ reachability: Reachability?
  ) -> String? {
    let own = Set(found.slots).union(found.kept)
    guard let followers = reachability?.lostFollowers(of: own).subtracting(own),
      !followers.isEmpty
    else { return nil }
    var counts: [Int: Int] = [:]
    for slot in followers {
      guard let object = census.object(inSlot: Int(slot)) else { continue }
      counts[Int(census.slabs[object.slab].cache), default: 0] += 1
    }
    let bytes = followers.reduce(0) { $0 + size(of: $1, in: census) }
    let caches = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(4)
      .map { "\($1.grouped) in \(census.caches[$0].name)" }
    return "lost with them is what only they lead to: \(followers.count.counted("object")) "
      + "(\(bytes.byteSize)), " + caches.joined(separator: ", ")
  }

  private func verifications(of found: Overcount, at address: VirtualAddress) -> [Verification] {
    let digits = String(address.rawValue, radix: 16)
    let members = found.type == "dentry" ? "d_lockref,d_inode,d_parent,d_name" : found.count
    return [
      Verification(tool: "crash", command: "struct \(found.type).\(members) \(digits)"),
      Verification(tool: "crash", command: "search -k \(digits)"),
      Verification(
        tool: "drgn",
        command: "o = Object(prog, \"struct \(found.type) *\", \(address)); "
          + "print(\(found.expression))"),
    ]
  }
}

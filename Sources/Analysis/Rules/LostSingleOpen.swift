internal import ByteKit
public import Evidence
internal import DebugInfo
internal import Memory

/// Finds objects that `single_open` allocated and that `single_release` did not free.
///
/// What it looks for, what it proves and what to do is told in `manual`.
public struct LostSingleOpen: Rule {
  /// Fewer may be files that are being opened at this moment.
  private static let fewest = 4

  /// Makes the rule.
  public init() {}

  /// `lost-single-open`.
  public let name = "lost-single-open"

  /// One line for the catalogue.
  public let summary = "seq_operations of single_open that single_release did not free"

  /// The manual.
  public let manual = """
    A file of /proc or debugfs that prints all its contents at once is opened with single_open. It
    allocates a struct seq_operations of four pointers, three of which are always the same:

        start = single_start    stop = single_stop    next = single_next    show = the file's own

    Only single_release frees it. A file that is closed with seq_release instead, an easy slip in a
    table of file operations, leaves one such object behind each time somebody reads the file.

    What is found: objects with these four words, in any slab cache: kmalloc-32 or kmalloc-cg-32, on
    arm64 often kmalloc-128, or what they were merged into. What stands behind the four words does
    not matter. The function show tells whose file it is; each gives a finding.

    What is not: while a file is open its struct seq_file points to the object. Such objects are in
    use and not counted. Fewer than four are not reported: a file may be just being opened.

    How sure it is: definite, when a scan of all kernel memory in the dump finds nothing that refers
    to the objects, and proven, when the cause is located as well. Words that were left from before,
    in stacks or in parts of objects that nobody wrote yet, can mention a few of them: fewer than one
    in a hundred raise no doubt and are told. Where there are more, or where pages that could hold
    references cannot be read, the finding is no more than probable. So it is for a saved session,
    which has no memory to scan.

    What to do: change the release function that the cause names to single_release. The cause is
    read from the machine code and data in the dump: the function that passes show to single_open,
    the struct proc_ops or struct file_operations with that function as open, and the release beside
    it. Where no cause is given, go the same way in the source: from show to the open function, and
    from there to the table. Its proc_release or release must be single_release.
    """

  /// A finding for each cache and `show` function.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    let suspects = groups.flatMap { cache in
      cache.groups.filter { Self.matches($0.template) }.map { Suspect($0, of: cache, in: subject) }
    }
    guard !suspects.isEmpty else { return [] }
    let reachability = groups.lazy.compactMap(\.reachability).first
    let users = OpenSeqFiles(of: suspects.map(\.group), in: subject, reachability)
    var causes = SeqFileCauses(of: .single, in: subject)
    let files = reachability.map { LostSeqFiles.Files(in: subject, $0).batches } ?? []
    return suspects.compactMap { suspect in
      var finding = finding(suspect, users, reachability, &causes, in: subject)
      let show = Self.symbol(suspect.group.template, at: 24)
      let lost = files.filter {
        $0.isSingle && $0.show.plainName == show?.name && $0.show.module == show?.module
      }
      finding?.evidence += lost.map {
        "with them, \($0.slots.count.counted("seq_file")) and their buffers are lost "
          + "(\($0.bytes.byteSize)): the files were closed without any release"
      }
      return finding
    }
  }

  /// A group that may be lost, and how much of its cache is known.
  private struct Suspect {
    let group: ObjectGroup
    let cache: SlabCache
    /// The number of objects of the cache that were read.
    let known: Int
    /// The number of objects that are allocated in it.
    let allocated: Int

    init(_ group: ObjectGroup, of groups: CacheGroups, in subject: Subject) {
      self.group = group
      cache = subject.census.caches[group.cache]
      known = groups.grouped
      allocated = subject.allocated(in: group.cache)
      isSample = !subject.counters.isEmpty && known < allocated / 2
    }

    /// Whether it is of a session that showed few of the objects of the cache.
    let isSample: Bool

    /// The memory of all objects of the cache, in bytes.
    var bytesOfAll: Int {
      allocated.multipliedReportingOverflow(by: cache.slotSize).partialValue
    }
  }

  /// Whether objects with this template were made by `single_open`.
  static func matches(_ template: Template) -> Bool {
    symbol(template, at: 0)?.name == "single_start"
      && symbol(template, at: 16)?.name == "single_next"
      && symbol(template, at: 8) != nil && symbol(template, at: 24) != nil
  }

  private static func symbol(_ template: Template, at offset: Int) -> (
    name: String, module: String?
  )? {
    guard case .symbol(let name, 0, let module) = template.shared(at: offset) else { return nil }
    // Clang gives functions whose address is taken, or that it made global, names with a suffix.
    return (String(name.prefix { $0 != "." }), module)
  }

  private func finding(
    _ suspect: Suspect, _ users: OpenSeqFiles, _ reachability: Reachability?,
    _ causes: inout SeqFileCauses, in subject: Subject
  ) -> Finding? {
    let (group, cache) = (suspect.group, suspect.cache)
    // What a file that is never put keeps is lost with it, and told of with it.
    let lost = group.slots.filter {
      !users.operations.contains(Int($0)) && !subject.lostWithOvercounts.contains($0)
    }
    let unreferenced = reachability.map { Unreferenced(lost, by: $0) }
    guard lost.count >= Self.fewest, let show = Self.symbol(group.template, at: 24) else {
      return nil
    }
    let members = group.limited(to: lost)
    let amount = members.amount
    let bytes = amount.bytes(slotSize: cache.slotSize)
    let diagnosis = causes.diagnosis(of: members)
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, group.template),
      title: words(amount, bytes, of: suspect)
        + " left by single_open without single_release: \(show.module ?? show.name)",
      certainty: certainty(
        suspect, isDefinite: users.unread == 0 && unreferenced?.isDefinite == true,
        isLocated: diagnosis.isLocated),
      cache: cache.address,
      cacheName: cache.name, type: "seq_operations", count: suspect.isSample ? nil : amount.count,
      bytes: suspect.isSample ? nil : bytes,
      bytesAtStake: suspect.isSample ? suspect.bytesOfAll : nil, module: show.module,
      symbols: symbols(of: group.template),
      evidence: evidence(lost.count, of: suspect, show: show.name, users, unreferenced)
        + diagnosis.evidence,
      cause: diagnosis.cause, verify: verifications(of: members, in: subject), groups: [members])
  }

  private func certainty(_ suspect: Suspect, isDefinite: Bool, isLocated: Bool) -> Certainty {
    if suspect.isSample { return .possible }
    guard isDefinite else { return .probable }
    return isLocated ? .proven : .definite
  }

  private func words(_ lost: Amount, _ bytes: Int, of suspect: Suspect) -> String {
    suspect.isSample
      ? "\(lost.seen.grouped) of \(suspect.known.counted("object")) read in \(suspect.cache.name) (of "
        + "\(suspect.allocated.grouped) allocated) are seq_operations"
      : "\(lost.words) seq_operations in \(suspect.cache.name) (\(bytes.byteSize)) are"
  }

  private func symbols(of template: Template) -> [String] {
    zip(["start", "stop", "next", "show"], stride(from: 0, to: 32, by: 8)).compactMap {
      guard let (name, module) = Self.symbol(template, at: $1) else { return nil }
      return "\($0)=\(name)" + (module.map { " [\($0)]" } ?? "")
    }
  }

  private func evidence(
    _ lost: Int, of suspect: Suspect, show: String, _ users: OpenSeqFiles,
    _ unreferenced: Unreferenced?
  ) -> [String] {
    var evidence: [String] = []
    if suspect.isSample {
      evidence.append(
        "\(suspect.allocated.grouped) objects (\(suspect.bytesOfAll.byteSize)) are allocated in "
          + "\(suspect.cache.name): how many of the others are like those read is not known")
    }
    let used = suspect.group.slots.count - lost
    let others =
      used > 0 ? "; \(suspect.group.amount(of: used).words) more that look the same are in use" : ""
    if users.unread > 0 {
      evidence.append(
        "some may be in use: \(users.unread.counted("object")) that could refer to them cannot be "
          + "read" + others)
    } else if let unreferenced {
      evidence.append(unreferenced.evidence + others)
      evidence.append(reach(users))
    } else {
      evidence.append(reach(users) + others)
    }
    evidence.append(
      "only single_open makes objects with single_start, single_next and a function of its caller's, "
        + "here \(show), and only single_release frees them")
    return evidence
  }

  /// What was searched for references, none of which was found.
  private func reach(_ users: OpenSeqFiles) -> String {
    guard let files = users.files else { return "no object in any slab refers to them" }
    return files == 0
      ? "there is no live seq_file, so no open file uses them"
      : "none of the \(files.counted("live seq_file")) refers to them"
  }

  private func verifications(of group: ObjectGroup, in subject: Subject) -> [Verification] {
    guard let slot = group.slots.first,
      let object = subject.census.object(inSlot: Int(slot))
    else { return [] }
    let address = subject.census.address(of: object)
    let digits = String(address.rawValue, radix: 16)
    var checks = [
      Verification(tool: "crash", command: "rd -SS \(digits) 4"),
      Verification(tool: "crash", command: "struct seq_operations \(digits)"),
    ]
    if let words = try? subject.memory.bytes(at: address, count: 32) {
      let list = (0..<4).compactMap { words.load(UInt64.self, at: $0 * 8) }
        .map { VirtualAddress($0).description }.joined(separator: ", ")
      let cache = subject.census.caches[group.cache].name
      checks.append(
        Verification(
          tool: "drgn",
          command: "import struct; from drgn.helpers.linux.slab import *; "
            + "words = struct.pack('<4Q', \(list)); "
            + "print(sum(prog.read(o, 32) == words for o in "
            + "slab_cache_for_each_allocated_object(find_slab_cache(prog, b'\(cache)'), 'void')))"))
    }
    return checks
  }
}

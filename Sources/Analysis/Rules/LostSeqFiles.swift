internal import ByteKit
internal import DebugInfo
public import Evidence
internal import Memory

/// Finds open files of fs/seq_file.c that were never closed properly: what `seq_open` allocated and
/// `seq_release` did not free.
///
/// What it looks for, what it proves and what to do is told in `manual`.
public struct LostSeqFiles: Rule {
  /// Makes the rule.
  public init() {}

  /// `lost-seq-file`.
  public let name = "lost-seq-file"

  /// One line for the catalogue.
  public let summary = "seq_files of seq_open that seq_release did not free"

  /// The manual.
  public let manual = """
    A file of /proc or debugfs that prints a list entry by entry is opened with seq_open. It
    allocates a struct seq_file, and the first read a buffer of a page or more; seq_release frees
    both. A table of file operations without a release function leaves them behind each time
    somebody closes the file.

    What is found: objects of the cache seq_file that nothing in use leads to: no open file, no
    variable, no stack. They are told by their function show, which is the file's own; each gives a
    finding. The buffers that only they refer to are counted with them.

    What is not: files that are open, and files of single_open, which lost-single-open tells.

    How sure it is: definite, when every page that may hold a reference was read, and proven, when
    the cause is located as well: the table with the function that calls seq_open, and no function
    beside it that calls seq_release. Where pages cannot be read the finding is probable.

    What to do: set the release function that the cause names to seq_release.
    """

  /// A finding for each `show` function.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    guard let reachability = groups.lazy.compactMap(\.reachability).first else { return [] }
    var causes = SeqFileCauses(of: .iterated, in: subject)
    return Files(in: subject, reachability).batches.filter { !$0.isSingle }.map {
      finding($0, reachability.coverage, groups, &causes, in: subject)
    }
  }

  private func finding(
    _ batch: Batch, _ coverage: ScanCoverage, _ groups: [CacheGroups],
    _ causes: inout SeqFileCauses, in subject: Subject
  ) -> Finding {
    let cache = subject.census.caches[batch.cache]
    let diagnosis = causes.diagnosis(ofShow: batch.show, passing: batch.operations)
    let owner = batch.show.module
    let show = batch.show.plainName + (owner.map { " [\($0)]" } ?? "")
    let members = Set(batch.slots)
    let lost = groups.first { $0.cache == batch.cache }?.groups.compactMap { group in
      let slots = group.slots.filter(members.contains)
      return slots.isEmpty ? nil : group.limited(to: slots)
    }
    let certainty: Certainty =
      coverage.isComplete ? (diagnosis.isLocated ? .proven : .definite) : .probable
    let table = subject.symbols.reference(to: batch.operations)
      .flatMap { $0.offset == 0 ? $0.symbol.plainName : nil }
    return Finding(
      rule: name,
      fingerprint: Fingerprint.of(rule: name, parts: [batch.show.plainName, owner ?? ""]),
      title:
        "\(batch.slots.count.counted("seq_file")) with their buffers (\(batch.bytes.byteSize)) "
        + "are left by seq_open without seq_release: \(owner ?? batch.show.plainName)",
      certainty: certainty, cache: cache.address, cacheName: cache.name, type: "seq_file",
      count: batch.slots.count, bytes: batch.bytes, module: owner,
      symbols: (table.map { ["op=\($0)"] } ?? []) + ["show=\(show)"],
      evidence: [
        "\(coverage.reach) finds nothing in use that leads to them\(coverage.limit)",
        "only seq_open makes objects of \(cache.name), and only seq_release frees them",
        "\(batch.buffers.counted("buffer")) that only they refer to are counted in their size",
      ] + diagnosis.evidence, cause: diagnosis.cause,
      verify: verifications(batch, in: subject), groups: lost ?? [])
  }

  private func verifications(_ batch: Batch, in subject: Subject) -> [Verification] {
    guard let slot = batch.slots.first,
      let object = subject.census.object(inSlot: Int(slot))
    else { return [] }
    let address = subject.census.address(of: object)
    return [
      Verification(
        tool: "crash", command: "struct seq_file \(String(address.rawValue, radix: 16))"),
      Verification(tool: "crash", command: "search \(String(address.rawValue, radix: 16))"),
      Verification(
        tool: "drgn", command: "print(Object(prog, 'struct seq_file', address=\(address)))"),
    ]
  }

  /// The lost files that one function prints.
  struct Batch {
    /// The function.
    let show: Symbol
    /// The `seq_operations` with that function, of one of the files.
    let operations: VirtualAddress
    /// Whether the operations are the file's own, as `single_open` makes them.
    let isSingle: Bool
    /// The cache of the files.
    let cache: Int
    /// The slots of the files, ascending.
    var slots: [UInt32] = []
    /// How many buffers are lost with them.
    var buffers = 0
    /// The memory of the files and their buffers, in bytes.
    var bytes = 0
  }

  /// The lost files of a kernel.
  struct Files {
    /// Fewer may be files that are being opened.
    private static let fewest = 4

    /// By function, in the order in which the functions were first seen.
    private(set) var batches: [Batch] = []
    /// The slots of all these files.
    var slots: Set<UInt32> { Set(batches.lazy.flatMap(\.slots)) }

    /// Looks at the lost objects of the cache; without types of `seq_file` there are none.
    init(in subject: Subject, _ reachability: Reachability) {
      guard
        let file = subject.types?.structure("seq_file", near: ["seq_open", "single_open"]),
        let operations = file.offset("op"), let buffer = file.offset("buf")
      else { return }
      var numbers: [VirtualAddress: Int] = [:]
      for cache in subject.census.caches(named: "seq_file") {
        let scan = ObjectScan(of: cache, in: subject)
        for slab in subject.census.slabsOfCache[cache] {
          _ = scan.forEachObject(ofSlab: slab) { object, span in
            let slot = UInt32(truncatingIfNeeded: object.slot)
            guard reachability.isLost(slot), operations + 8 <= object.count,
              buffer + 8 <= object.count, object.known == nil,
              let word = span.load(UInt64.self, at: object.offset + operations),
              let new = Batch(operationsAt: VirtualAddress(word), of: cache, in: subject)
            else { return }
            let number = numbers[new.show.address] ?? batches.count
            if number == batches.count {
              numbers[new.show.address] = number
              batches.append(new)
            }
            let contents = span.load(UInt64.self, at: object.offset + buffer)
            batches[number].add(
              slot, buffer: contents.map { VirtualAddress($0) }, in: subject, reachability)
          }
        }
      }
      batches.removeAll { $0.slots.count < Self.fewest }
    }
  }
}

extension LostSeqFiles.Batch {
  /// Starts a batch by the operations of a file; nil when these do not look like some.
  init?(operationsAt address: VirtualAddress, of cache: Int, in subject: Subject) {
    guard let words = try? subject.memory.bytes(at: address, count: 32),
      let start = words.load(UInt64.self, at: 0), let show = words.load(UInt64.self, at: 24),
      let first = subject.symbols.reference(to: VirtualAddress(start)),
      let last = subject.symbols.reference(to: VirtualAddress(show)),
      first.symbol.kind == .function, last.symbol.kind == .function, first.offset == 0,
      last.offset == 0
    else { return nil }
    self.show = last.symbol
    operations = address
    isSingle = first.symbol.plainName == "single_start"
    self.cache = cache
  }

  /// Adds a file and its buffer.
  mutating func add(
    _ slot: UInt32, buffer: VirtualAddress?, in subject: Subject, _ reachability: Reachability
  ) {
    let census = subject.census
    slots.append(slot)
    bytes &+= census.caches[cache].slotSize
    guard let buffer, let object = census.object(containing: buffer),
      reachability.isLost(UInt32(truncatingIfNeeded: census.slot(of: object)))
    else { return }
    buffers += 1
    bytes &+= Int(census.slabs[object.slab].slotSize)
  }
}

import DebugInfo
import Evidence
import Memory

/// What to ask next: crash commands that close a session's gaps as cheaply as can be.
///
/// The answers are read together with the session, and lead to the next questions.
public struct FollowUp {
  /// A sample of this size tells with 95 % certainty that what it does not show is in less than one
  /// of twenty objects.
  private static let sampleSize = 60
  private static let slabsAsked = 20
  private static let cachesAsked = 4
  private static let symbolsAsked = 40
  /// Of a larger object only so many words are asked for; a type is known by its beginning.
  private static let mostWords = 64
  /// Caches below this size are not worth a question.
  private static let fewestBytes = 1 << 20

  private let facts: SessionFacts
  private let evidence: SessionEvidence
  private let subject: Subject

  /// Looks for the gaps in a session and the evidence made of it.
  public init(_ facts: SessionFacts, _ evidence: SessionEvidence) {
    self.facts = facts
    self.evidence = evidence
    subject = evidence.subject
  }

  /// The file of commands for `crash -i`.
  public var commands: String {
    var file = CommandFile(header: [
      "What slabscope would like to know. Run it where the dump is:",
      "  crash -i THISFILE VMLINUX VMCORE > answer.txt",
      "and give answer.txt to slabscope together with the text it has already.",
    ])
    addIdentity(to: &file)
    let caches = cachesOfInterest
    for cache in caches { addListing(of: cache, to: &file) }
    for cache in caches { addSample(of: cache, to: &file) }
    addSymbols(to: &file)
    addSockets(to: &file)
    file.add("end", ["quit"])
    return file.text
  }

  private func addIdentity(to file: inout CommandFile) {
    if facts.banner.release == nil || facts.banner.crash == nil {
      file.add("which kernel this is", ["sys"])
    }
    if facts.memory.isEmpty { file.add("where the memory went", ["kmem -i"]) }
    // One listing of a cache is no account of all.
    if facts.caches.count < 10 { file.add("how many objects each cache has", ["kmem -s"]) }
    if facts.modules.isEmpty { file.add("where the modules lie", ["mod"]) }
  }

  /// The caches that a question is worth: those in which a module's addresses were read, then those
  /// whose objects are listed, then the largest.
  private var cachesOfInterest: [Int] {
    let sizes = subject.census.caches.indices.map { cache -> Int in
      guard let allocated = subject.counters[cache]?.allocated else { return 0 }
      return allocated.multipliedReportingOverflow(by: subject.census.caches[cache].slotSize)
        .partialValue
    }
    let listed = Set(evidence.coverage.filter { $0.listed > 0 }.map(\.cache))
    let suspected = cachesWithModules
    func interest(_ cache: Int) -> Int {
      (suspected.contains(cache) ? 2 : 0) + (listed.contains(cache) ? 1 : 0)
    }
    let ranked = subject.census.caches.indices
      .filter { listed.contains($0) || sizes[$0] >= Self.fewestBytes }
      .sorted { (interest($1), sizes[$1], $0) < (interest($0), sizes[$0], $1) }
    return Array(ranked.prefix(Self.cachesAsked))
  }

  /// The caches in whose objects the text shows an address of a module.
  private var cachesWithModules: Set<Int> {
    var caches: Set<Int> = []
    for index in facts.words.addresses.indices where facts.words.masks[index] == 0xff {
      guard subject.addressSpace.use(of: VirtualAddress(facts.words.values[index])) == .modules,
        let object = subject.census.object(
          containing: VirtualAddress(facts.words.addresses[index]))
      else { continue }
      caches.insert(Int(subject.census.slabs[object.slab].cache))
    }
    return caches
  }

  // MARK: Listings

  private func addListing(of cache: Int, to file: inout CommandFile) {
    let name = subject.census.caches[cache].name
    let listed = evidence.coverage.first { $0.cache == cache }?.listed ?? 0
    let allocated = subject.counters[cache]?.allocated ?? 0
    guard listed < allocated else { return }
    let pages = unlistedPages(of: cache)
    if !pages.isEmpty {
      let sample = RandomSample.indices(
        Self.slabsAsked, of: pages.count, seed: subject.census.caches[cache].address.rawValue)
      file.add(
        "all objects of some slabs of \(name), chosen at random",
        sample.map { "kmem -S \(hexadecimal(pages[$0]))" })
    } else if facts.hasUntrackedSlabs, subject.census.caches[cache].address.rawValue != 0 {
      file.add(
        "the slabs of \(name): kmem -S does not list SLUB's full ones, but their pages name their "
          + "cache", [pageCommand(subject.census.caches[cache].address.rawValue)])
    } else if listed == 0 {
      file.add("the objects of \(name)", ["kmem -S \(name)"])
    }
  }

  /// The slabs' pages that the text names without listing their objects.
  private func unlistedPages(of cache: Int) -> [UInt64] {
    let address = subject.census.caches[cache].address.rawValue
    guard address != 0 else { return [] }
    let listed = Set(
      facts.slabs.indices.filter { !facts.objects(ofSlab: $0).isEmpty }
        .map { facts.slabs[$0].descriptor })
    let pages = facts.pages.filter { $0.isSlab && $0.mapping == address }.map(\.descriptor)
    let rows = facts.slabs.indices.filter {
      facts.objects(ofSlab: $0).isEmpty
        && facts.slabs[$0].cache.map { facts.caches[$0].address } == address
    }.map { facts.slabs[$0].descriptor }
    return Set(pages + rows).subtracting(listed).sorted()
  }

  /// The command that prints the pages that belong to a cache.
  ///
  /// `struct page` had a member slab_cache until Linux 5.16. In 5.17 to 6.1 `struct slab` has it
  /// where `struct page` has mapping, from 6.2 where that has lru.next (130d4df57390 "mm/sl[au]b:
  /// rearrange struct slab fields to allow larger rcu_head").
  private func pageCommand(_ cache: UInt64) -> String {
    let release = facts.banner.release.flatMap { CrashVersion($0) }
    let digits = hexadecimal(cache)
    if let release, release < CrashVersion(5, 17, 0) {
      return "kmem -m slab_cache | grep \(digits)"
    }
    if let release, release < CrashVersion(6, 2, 0) { return "kmem -p | grep \(digits)" }
    return "kmem -m lru | grep \(digits)"
  }

  // MARK: Contents

  private func addSample(of cache: Int, to file: inout CommandFile) {
    let census = subject.census
    let slots = census.slabsOfCache[cache].flatMap { number -> [Int] in
      let slab = census.slabs[number]
      return (slab.firstSlot..<(slab.firstSlot + Int(slab.slots))).filter {
        census.stateKind(of: $0) == .allocated
      }
    }
    guard !slots.isEmpty else { return }
    let description = census.caches[cache]
    let words = max(1, min(Self.mostWords, description.slotSize / 8))
    let sample = RandomSample.indices(
      Self.sampleSize, of: slots.count, seed: description.address.rawValue &+ 1)
    let addresses = sample.compactMap { index -> UInt64? in
      guard let object = census.object(inSlot: slots[index]) else { return nil }
      let address = census.address(of: object)
      // What the text shows already need not be asked again.
      let isKnown = (try? subject.memory.bytes(at: address, count: words * 8)) != nil
      return isKnown ? nil : address.rawValue
    }
    file.add(
      "the contents of \(addresses.count.counted("object")) of \(description.name), chosen at "
        + "random among the \(slots.count.grouped) that are listed as allocated",
      addresses.map { "rd \(hexadecimal($0)) \(words)" })
  }

  // MARK: Names

  /// Asks for names of the addresses of code and data that occur in objects, the commonest first.
  private func addSymbols(to file: inout CommandFile) {
    var occurrences: [UInt64: Int] = [:]
    for value in shownValues {
      let address = VirtualAddress(value)
      let use = subject.addressSpace.use(of: address)
      guard use == .kernelImage || use == .modules || isImageLike(value),
        !SymbolResolution.invented.contains(value), subject.symbols.reference(to: address) == nil
      else { continue }
      occurrences[value, default: 0] += 1
    }
    let ranked = occurrences.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    file.add(
      "the names of what the objects point to",
      ranked.prefix(Self.symbolsAsked).map { "sym \(hexadecimal($0.key))" })
    let names = facts.symbolicWords.names.filter { name in
      subject.symbols.symbol(named: name).map {
        SymbolResolution.invented.contains($0.address.rawValue)
      } ?? false
    }
    file.add(
      "the addresses of symbols that are shown by name only",
      names.sorted().prefix(Self.symbolsAsked).map { "sym \($0)" })
  }

  /// The words of allocated objects that the text shows.
  private var shownValues: [UInt64] {
    facts.words.addresses.indices.compactMap { index in
      let address = VirtualAddress(facts.words.addresses[index])
      guard facts.words.masks[index] == 0xff,
        let object = subject.census.object(containing: address),
        subject.census.stateKind(of: subject.census.slot(of: object)) == .allocated
      else { return nil }
      return facts.words.values[index]
    }
  }

  /// Where no symbol at all tells where the kernel lies: an address of the upper half that is not
  /// where the slabs are.
  private func isImageLike(_ value: UInt64) -> Bool {
    value >> 48 == 0xffff && subject.addressSpace.use(of: VirtualAddress(value)) == nil
  }

  private func addSockets(to file: inout CommandFile) {
    let owners = Set(
      facts.sockets.filter { ($0.receiveBytes ?? 0) >= Self.fewestBytes }
        .compactMap { $0.owner?.pid })
    file.add(
      "the sockets of processes whose queues are long", owners.sorted().map { "net -s \($0)" })
  }

  private func hexadecimal(_ value: UInt64) -> String { String(value, radix: 16) }
}

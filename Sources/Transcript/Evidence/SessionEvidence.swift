public import DebugInfo
public import Evidence
internal import Memory

/// Makes of what a text says the evidence that analyses work on.
public struct SessionEvidence: Sendable {
  /// What a cache's listing shows of what its counters count.
  public struct CacheCoverage: Hashable, Sendable {
    /// The index of the cache in the census.
    public let cache: Int
    /// The allocated objects that the text lists.
    public let listed: Int
    /// The allocated objects of which the text shows at least one word.
    public let known: Int
  }

  /// The evidence.
  public let subject: Subject
  /// For each cache of which objects are listed, how many.
  public let coverage: [CacheCoverage]

  /// Brings together what a session says.
  ///
  /// `others` are all sessions of the case in their order, this one among them, for comparison.
  /// `symbols` and `types` come from the kernel's debug file, at the addresses of this kernel; nil
  /// when there is none. `textSize`, in bytes, bounds what is kept of slabs that are not listed.
  public init(
    _ facts: SessionFacts, among others: [SessionFacts] = [], textSize: Int,
    symbols debugSymbols: SymbolTable? = nil, types: (any TypeSource)? = nil
  ) {
    var resolution = SymbolResolution(facts, debugSymbols: debugSymbols)
    let memory = ShownMemory(resolution.resolve(facts))
    let modules = ModuleRegions.regions(facts)
    let guess = RegionGuess(facts, modules: modules, symbols: resolution)
    let caches = CacheCollection(facts)
    let miscounts = CrashMiscounts(facts)
    var assembly = CensusAssembly(facts, caches: caches.entries, textSize: textSize)
    let census = assembly.census(
      cacheOfSlab: caches.cacheOfSlab,
      trust: caches.entries.map {
        $0.source == "kmem -s" ? miscounts?.faults ?? [] : []
      })
    coverage = Self.coverage(of: census, memory)
    let said = CoverageRemarks(facts, census, caches.entries, coverage)
    var remarks = (miscounts?.remarks ?? []) + said.sentences + assembly.remarks
    if memory.contradictions > 0 {
      remarks.append(
        "\(memory.contradictions.counted("word")) of memory shown twice with different contents; "
          + "the last counts")
    }
    if resolution.inventedCount > 0 {
      remarks.append(
        "the addresses of \(resolution.inventedCount.counted("symbol")) are not in the text: what "
          + "refers to them is known by name only")
    }
    subject = Subject(
      kernel: KernelIdentity(
        release: facts.banner.release, machine: guess.machine, buildID: nil,
        relocation: facts.banner.relocation),
      census: census, memory: memory, addressSpace: AddressSpace(guess.regions),
      symbols: resolution.table(modules: modules), types: types,
      modules: modules.map {
        Module(
          name: $0.name, address: VirtualAddress($0.address),
          ranges: [VirtualAddress($0.range.lowerBound)..<VirtualAddress($0.range.upperBound)])
      },
      coverage: Coverage(
        slabPages: census.slabs.reduce(0) { $0 + Int($1.pages) },
        absentPages: Self.pagesNotShown(census, memory), remarks: remarks,
        headline: said.headline),
      counters: caches.entries.map(\.counters),
      snapshots: SnapshotAssembly.snapshots(others.isEmpty ? [facts] : others),
      accounts: (others.isEmpty ? [facts] : others).flatMap(AccountAssembly.accounts),
      sockets: facts.sockets, tasks: facts.tasks)
  }

  /// For each cache, the pages of its slabs of which the text shows no word.
  private static func pagesNotShown(_ census: Census, _ memory: ShownMemory) -> [Int] {
    let size = UInt64(memory.pageSize.bytes)
    var pages = [Int](repeating: 0, count: census.caches.count)
    for slab in census.slabs {
      pages[Int(slab.cache)] +=
        memory.wordCount == 0
        ? Int(slab.pages)
        : (0..<UInt64(slab.pages)).count {
          memory.knownWords(from: slab.firstPage.rawValue &+ $0 * size, count: size) == 0
        }
    }
    return pages
  }

  /// Counts for each cache the allocated objects that are listed, and those of which a word is
  /// known.
  private static func coverage(of census: Census, _ memory: ShownMemory) -> [CacheCoverage] {
    census.caches.indices.compactMap { cache in
      let listed = census.counts[cache].allocated
      guard !census.slabsOfCache[cache].isEmpty else { return nil }
      var known = 0
      for number in census.slabsOfCache[cache] where memory.wordCount > 0 {
        let slab = census.slabs[number]
        let bytes = UInt64(slab.slots) &* UInt64(slab.slotSize)
        guard memory.knownWords(from: slab.firstObject.rawValue, count: bytes) > 0 else { continue }
        for index in 0..<Int(slab.slots)
        where census.stateKind(of: slab.firstSlot + index) == .allocated
          && memory.knownWords(from: slab.object(index).rawValue, count: UInt64(slab.slotSize)) > 0
        { known += 1 }
      }
      return CacheCoverage(cache: cache, listed: listed, known: known)
    }
  }
}

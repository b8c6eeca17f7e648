internal import DebugInfo
internal import Evidence

/// Finds out what type the objects of clusters are of, from the symbols that they share.
struct ObjectTyping: Sendable {
  /// Smaller clusters than the largest ones of a cache are not worth loading debug information for.
  private static let mostTyped = 64
  /// So many words that are no symbols are heard.
  private static let mostOthers = 32
  /// So many candidates are named when the type is not certain.
  private static let mostCandidates = 4

  private let symbols: SymbolTable
  private let types: (any TypeSource)?
  private let caches: [SlabCache]
  private let sizes: SizeClasses
  /// Clusters that take fewer bytes are left without a type.
  private let leastBytes: Int

  /// Prepares to type clusters of at least `leastBytes` bytes.
  ///
  /// Every symbol can be in a compile unit of its own, which takes milliseconds to read.
  init(_ subject: Subject, leastBytes: Int = 0) {
    self.leastBytes = leastBytes
    symbols = subject.symbols
    types = subject.types
    caches = subject.census.caches
    sizes = SizeClasses(subject.census)
  }

  /// Types the clusters of a cache, and joins or divides them again as their types want it.
  ///
  /// What lies behind the end of an object's type is not part of the object: clusters of one type
  /// that differ only there are one. Within it, different functions mean different owners.
  func type(_ clusters: inout [Cluster], of tally: SignatureTally, cache: Int) {
    guard let types else { return }
    let sized = clusters.indices.map { (number: $0, count: clusters[$0].count(in: tally)) }
      .sorted {
        ($1.count, clusters[$0.number].rows[0]) < ($0.count, clusters[$1.number].rows[0])
      }
    // What has pointers only can be typed where the names of the cache tell what it may be.
    let levels: Set<SignatureLevel> =
      caches[cache].isMerged ? [.symbols, .pointers] : [.symbols]
    let typed = sized.filter {
      levels.contains(clusters[$0.number].level)
        && $0.count.multipliedReportingOverflow(by: caches[cache].slotSize).partialValue
          >= leastBytes
    }
    lazy var named = NamedTypes(caches[cache], types: types)
    for (number, _) in typed.prefix(Self.mostTyped) {
      clusters[number].type = type(of: clusters[number], in: tally, cache: cache) { named }
    }
    clusters = regroup(clusters, of: tally)
    spread(&clusters, cache: caches[cache])
  }

  // MARK: Votes

  private func type(
    of cluster: Cluster, in tally: SignatureTally, cache: Int, named: () -> NamedTypes
  ) -> ObjectType {
    let symbols = cluster.level == .symbols ? shared(by: cluster, in: tally) : []
    let words = Set(symbols.map(\.word))
    let others = (0..<tally.wordCount).lazy.filter { !words.contains($0) }
      .compactMap { word in witness(word, tally.common(word, in: cluster.rows), in: cache) }
    let votes = TypeVotes(symbols.map { witness($0) } + others.prefix(Self.mostOthers))
    let cache = caches[cache]
    let best = choose(votes.candidates(largest: max(cache.objectSize, 8)), cache)
    if case .known(let name, let size) = best {
      if !cache.isMerged || isNamed(name, in: cache) { return best }
      let other = named().type(by: votes)
      // What is called otherwise, and too small as well, is a structure that begins alike.
      guard other == .unknown else { return other }
      return fits(size, cache) ? best : .candidates([name])
    }
    guard cache.isMerged else { return best }
    let other = named().type(by: votes)
    return other == .unknown ? best : other
  }

  private func isNamed(_ type: String, in cache: SlabCache) -> Bool {
    cache.names.contains { CacheContents.isOf(type, cacheNamed: $0) }
  }

  /// What a word that is no symbol tells when it is of one kind in all objects.
  private func witness(
    _ word: Int, _ common: (token: WordToken?, kind: WordKind?), in cache: Int
  ) -> TypeWitness? {
    let target: TypeWitness.Target
    switch (common.kind, common.token) {
    case (.selfPointer, let token?): target = .itself(token.objectOffset)
    case (.slabPointer, let token?) where token.objectOffset == 0:
      target = .object(caches[token.cacheIndex].names)
    case (.slabPointer, let token?)
    where token.cacheIndex == cache && !SizeClasses.isSizeClass(caches[cache]):
      target = .peer(token.objectOffset)
    case (.selfPointer, _), (.slabPointer, _), (.pageStruct, _), (.vmalloc, _): target = .address
    case (.text, _): target = .nothing
    default: return nil
    }
    return TypeWitness(offset: word * 8, target: target)
  }

  /// The symbols that nearly all objects of a cluster have in the same place, by that place.
  private func shared(by cluster: Cluster, in tally: SignatureTally) -> [StrongWord] {
    let total = cluster.count(in: tally)
    return tally.frequencies(of: cluster.rows).filter { $0.value >= total - total / 10 }.keys
      .sorted { $0.word < $1.word }
  }

  private func witness(_ word: StrongWord) -> TypeWitness {
    let address = symbols.address(of: word.token.symbolIndex)
    var target = TypeWitness.Target.address
    if word.token.symbolOffset == 0, let unit = types?.unit(defining: address),
      let definition = unit.functions[address] ?? unit.objects[address]
    {
      target = .defined(definition.type, of: unit)
    }
    return TypeWitness(offset: word.word * 8, target: target)
  }

  /// The best of some candidates, or the best ones when they are as good as each other.
  private func choose(_ candidates: [TypeCandidate], _ cache: SlabCache) -> ObjectType {
    func rank(_ candidate: TypeCandidate) -> (Int, Int, Int) {
      let name = candidate.structure.name
      return (
        candidate.votes, isNamed(name, in: cache) ? 1 : 0,
        fits(candidate.structure.size, cache) ? 1 : 0
      )
    }
    let ranked = candidates.map { (rank: rank($0), structure: $0.structure) }
      .sorted {
        $0.rank == $1.rank
          ? ($0.structure.size, $0.structure.name) < ($1.structure.size, $1.structure.name)
          : $0.rank > $1.rank
      }
    guard let first = ranked.first else { return .unknown }
    let best = ranked.prefix { $0.rank == first.rank }.map(\.structure)
    if best.count == 1 { return .known(name: first.structure.name, size: first.structure.size) }
    return .candidates(best.prefix(Self.mostCandidates).map(\.name))
  }

  /// Whether `kmalloc` would have put an object of this size in this cache, or whether a cache of
  /// one type is for it.
  private func fits(_ size: Int, _ cache: SlabCache) -> Bool {
    if SizeClasses.isSizeClass(cache) {
      return size > sizes.below(cache) && size <= cache.objectSize
    }
    return size <= cache.objectSize && size > cache.objectSize - 8
  }

  // MARK: Consequences

  /// What the members of a typed group have in common.
  private struct Identity: Hashable {
    let name: String
    let size: Int
    let words: [StrongWord]
  }

  private func regroup(_ clusters: [Cluster], of tally: SignatureTally) -> [Cluster] {
    var result: [Cluster] = []
    var positions: [Identity: Int] = [:]
    for cluster in clusters {
      guard case .known(let name, let size) = cluster.type, cluster.level == .symbols else {
        result.append(cluster)
        continue
      }
      let shared = Set(shared(by: cluster, in: tally))
      for row in cluster.rows {
        let words = tally.strongWords(of: row).filter {
          $0.word * 8 < size && (isFunction($0) || shared.contains($0))
        }
        let identity = Identity(name: name, size: size, words: words)
        if let known = positions[identity] {
          result[known].rows.append(row)
        } else {
          positions[identity] = result.count
          result.append(Cluster(level: .symbols, rows: [row], type: cluster.type))
        }
      }
    }
    for number in result.indices { result[number].rows.sort() }
    return result
  }

  private func isFunction(_ word: StrongWord) -> Bool {
    symbols.kind(of: word.token.symbolIndex) == .function
  }

  /// All objects of a cache that serves one type are of it, if one of them was recognised.
  private func spread(_ clusters: inout [Cluster], cache: SlabCache) {
    guard !SizeClasses.isSizeClass(cache), cache.sharers <= 1, cache.aliases.isEmpty else { return }
    let known = Set(
      clusters.map(\.type).filter { if case .known = $0 { true } else { false } })
    guard known.count == 1, let type = known.first else { return }
    for number in clusters.indices { clusters[number].type = type }
  }
}

internal import DebugInfo
internal import Evidence

/// The structures that the names of a merged cache stand for, as the types that its objects may have.
///
/// Objects without functions or static data name no type by themselves. Where only a few can be
/// meant, pointers into caches that are known to have what a member points to are enough.
struct NamedTypes {
  /// A single pointer may fit by chance.
  private static let fewestVotes = 2

  private let structures: [Structure]

  /// Looks up the structures by the names of a cache; one of its own has none to choose from.
  init(_ cache: SlabCache, types: any TypeSource) {
    guard cache.isMerged, !SizeClasses.isSizeClass(cache) else {
      structures = []
      return
    }
    structures = cache.names.compactMap { name in
      CacheContents.structures(inCacheNamed: name).lazy
        .compactMap { types.structure($0, near: []) }
        .first { (1...max(1, cache.objectSize)).contains($0.size) }
    }
  }

  /// The structure that more witnesses vote for than for any other, if enough of them do.
  func type(by votes: TypeVotes) -> ObjectType {
    let counts = structures.map { votes.count(for: $0) }
    guard let most = counts.max(), most >= Self.fewestVotes,
      counts.filter({ $0 == most }).count == 1, let index = counts.firstIndex(of: most)
    else { return .unknown }
    return .known(name: structures[index].name, size: structures[index].size)
  }
}

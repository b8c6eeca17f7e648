public import Evidence

/// What a merged cache is made of, by the names that were merged and the types of the objects.
public struct CacheParts: Sendable {
  /// Objects of one name and type.
  public struct Part: Hashable, Sendable {
    /// Which of the cache's names they belong to, or nil where nothing tells.
    public let alias: String?
    /// Their type, or nil when it is not known.
    public let type: String?
    /// How many they are, which is an estimate where the cache was sampled.
    public let count: Int
    /// The memory of their slots, in bytes.
    public let bytes: Int
  }

  private struct Key: Hashable {
    let alias: String?
    let type: String?
  }

  /// The parts, the largest first; objects without a name and without a type are the last.
  public let parts: [Part]

  /// Divides what was grouped of a cache; a cache of its own has no parts.
  public init(_ groups: CacheGroups, names: CacheNames, in census: Census) {
    let cache = census.caches[groups.cache]
    guard cache.isMerged else {
      parts = []
      return
    }
    var counts: [Key: Int] = [:]
    for group in groups.groups {
      var type: String?
      if case .known(let name, _) = group.type { type = name }
      counts[Key(alias: names.alias(of: group), type: type), default: 0] += group.amount.count
    }
    parts = counts.map { key, count in
      let (bytes, overflow) = count.multipliedReportingOverflow(by: cache.slotSize)
      return Part(alias: key.alias, type: key.type, count: count, bytes: overflow ? .max : bytes)
    }.sorted { Self.rank($0) < Self.rank($1) }
  }

  private static func rank(_ part: Part) -> (Int, Int, String, String) {
    (
      part.alias == nil && part.type == nil ? 1 : 0, -part.count, part.alias ?? "",
      part.type ?? ""
    )
  }
}

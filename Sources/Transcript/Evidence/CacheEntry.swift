import Evidence
import Memory

/// A cache as it will stand in the census, and what the text counts of it.
struct CacheEntry {
  /// The last row that the text has of it.
  let row: CacheRow
  /// Where the counts are from.
  let source: String
  /// Whether its row is the text's: not for the cache of objects that were listed without one.
  let isNamed: Bool
  /// The objects in a slab, where a table tells.
  var objectsPerSlab: Int?

  var counters: CacheCounters? {
    guard isNamed else { return nil }
    return CacheCounters(
      source: source, allocated: row.allocated, total: row.total, slabs: row.slabs,
      slabBytes: row.slabBytes)
  }
}

/// Collects the caches of a session: those of crash's rows, then those that only `/proc/slabinfo`
/// names, then one for objects without a cache's row.
struct CacheCollection {
  private(set) var entries: [CacheEntry] = []
  /// The index among `entries` of the cache of each slab's row.
  private(set) var cacheOfSlab: [Int] = []

  init(_ facts: SessionFacts) {
    var byAddress: [UInt64: Int] = [:]
    var names: Set<String> = []
    for row in facts.caches {
      let entry = CacheEntry(row: row, source: "kmem -s", isNamed: true)
      if let known = byAddress[row.address] {
        entries[known] = entry
      } else {
        byAddress[row.address] = entries.count
        entries.append(entry)
      }
      names.insert(row.name)
    }
    if let table = facts.slabInfo.last {
      for row in table.rows where names.insert(row.name).inserted {
        entries.append(Self.entry(row))
      }
    }
    addSlabs(of: facts, byAddress)
  }

  private mutating func addSlabs(of facts: SessionFacts, _ byAddress: [UInt64: Int]) {
    // `kmem ADDR` shows the cache of a slab's page, where it once stood in `struct page`.
    let cacheOfPage = Dictionary(
      facts.pages.map { ($0.descriptor, $0.mapping) }, uniquingKeysWith: { $1 })
    var unnamed: Int?
    for slab in facts.slabs {
      if let cache = slab.cache, let entry = byAddress[facts.caches[cache].address] {
        cacheOfSlab.append(entry)
      } else if let entry = cacheOfPage[slab.descriptor].flatMap({ byAddress[$0] }) {
        cacheOfSlab.append(entry)
      } else {
        let entry = unnamed ?? entries.count
        if unnamed == nil { entries.append(Self.unnamed) }
        unnamed = entry
        cacheOfSlab.append(entry)
      }
    }
  }

  private static let unnamed = CacheEntry(
    row: CacheRow(
      address: 0, name: "(not shown)", objectSize: nil, allocated: nil, total: nil, slabs: nil,
      slabBytes: nil), source: "", isNamed: false)

  private static func entry(_ row: SlabInfoRow) -> CacheEntry {
    let pages = row.pagesPerSlab.flatMap { $0 <= 1 << 16 ? $0 : nil }
    return CacheEntry(
      row: CacheRow(
        address: 0, name: row.name, objectSize: row.objectSize, allocated: row.active,
        total: row.total, slabs: row.slabs, slabBytes: pages.map { $0 * 4096 }),
      source: "/proc/slabinfo", isNamed: true, objectsPerSlab: row.objectsPerSlab)
  }
}

internal import Evidence
internal import Memory

/// A cache with what its slabs add up to.
struct CacheSummary: Sendable {
  /// Its index in the census.
  let index: Int
  let cache: SlabCache
  /// Its faults: as a whole, then of its slabs.
  let faults: [Fault]
  /// Its objects by state, or nil when the cache could not be walked at all.
  let counts: ObjectCounts?
  /// The number of its slabs, or nil when the cache could not be walked at all.
  let slabs: Int?
  /// The memory its slabs occupy, or nil when the cache could not be walked at all.
  let bytes: Int?
  /// The pages of its slabs that cannot be read, or nil when its slabs are not known.
  let absentPages: Int?

  /// Adds up one cache.
  init(index: Int, in subject: Subject) {
    let census = subject.census
    self.index = index
    cache = census.caches[index]
    faults = census.faults(ofCache: index)
    if subject.counters.indices.contains(index), let counters = subject.counters[index] {
      counts = ObjectCounts(counters)
      self.slabs = counters.slabs
      bytes = counters.bytes
      absentPages = nil
      return
    }
    let slabs = census.slabsOfCache[index]
    // No slabs and a fault of the cache itself: its lists could not be read, and zero would lie.
    guard !slabs.isEmpty || cache.faults.isEmpty else {
      counts = nil
      self.slabs = nil
      bytes = nil
      absentPages = nil
      return
    }
    let pageSize = subject.memory.pageSize.bytes
    counts = ObjectCounts(census.counts[index])
    self.slabs = slabs.count
    bytes = slabs.reduce(0) { $0 + Int(census.slabs[$1].pages) * pageSize }
    let absent = subject.coverage.absentPages
    absentPages = absent.indices.contains(index) ? absent[index] : 0
  }

  /// The part of `bytes` that no object uses: free slots, red zones and padding, ends of slabs.
  ///
  /// Pending and indeterminate objects count as used.
  var waste: Int? {
    guard let counts, let bytes, let free = counts.free, let total = counts.total
    else { return nil }
    let used = total - free
    let (content, overflow) = used.multipliedReportingOverflow(by: cache.objectSize)
    return overflow ? nil : max(0, bytes - content)
  }

  /// Every cache of a census, the largest first, those not walked last.
  static func all(in subject: Subject) -> [CacheSummary] {
    subject.census.caches.indices.map { CacheSummary(index: $0, in: subject) }
      .sorted {
        ($1.bytes ?? -1, $0.cache.name, $0.cache.address)
          < ($0.bytes ?? -1, $1.cache.name, $1.cache.address)
      }
  }
}

extension SlabCache {
  /// The address of its `struct kmem_cache`; nil when a saved text names it without one.
  var knownAddress: VirtualAddress? { address.rawValue == 0 ? nil : address }
}

/// Listings of caches, slabs and objects, as they are taken down.
extension SessionReader {
  /// No slab is larger: 2^10 pages of 4 KiB by default, of 64 KiB at most.
  private static let largestSlab: UInt64 = 64 << 20

  /// Takes a cache's row; one that says nothing new stands for the row before.
  mutating func append(_ row: CacheRow) {
    state.section = .none
    state.table = .none
    state.site = .listed
    state.slab = nil
    if let known = cacheIndex[row.address], facts.caches[known] == row {
      state.cache = known
      return
    }
    facts.caches.append(row)
    state.cache = facts.caches.count - 1
    cacheIndex[row.address] = state.cache
  }

  /// The SSIZE of the last row, which stood in a line of its own.
  mutating func completeCache(slabBytes: Int) {
    state.wantsSlabSize = false
    guard let row = facts.caches.last, row.slabBytes == nil else { return }
    facts.caches[facts.caches.count - 1] = CacheRow(
      address: row.address, name: row.name, objectSize: row.objectSize, allocated: row.allocated,
      total: row.total, slabs: row.slabs, slabBytes: slabBytes)
  }

  mutating func append(_ columns: SlabColumns) {
    addSlab(columns, memory: columns.memory)
    state.section = .none
  }

  private mutating func addSlab(_ columns: SlabColumns?, memory: UInt64?) {
    facts.slabs.append(
      SlabRow(
        cache: state.cache, site: state.site, firstObject: facts.objects.count,
        descriptor: columns?.descriptor ?? 0, memory: memory ?? 0, total: columns?.total,
        allocated: columns?.allocated, free: columns?.free))
    state.slab = facts.slabs.count - 1
    let size = state.cache.flatMap { facts.caches[$0].slabBytes }.map(UInt64.init)
    state.slabStart = memory
    state.slabSize = size ?? Self.largestSlab
  }

  /// `FREE / [ALLOCATED]`: objects follow.
  mutating func beginObjects() { state.section = .objects }

  /// Takes an object; one without a slab's row above it, or outside of that slab, opens a slab of
  /// which nothing else is known.
  mutating func append(_ address: UInt64, _ mark: ListedObjects.Mark) {
    if state.slab == nil || !isInSlab(address) {
      addSlab(nil, memory: nil)
      state.section = .objects
    }
    facts.objects.append(address, mark)
  }

  /// Whether an address can be an object of the slab that is listed.
  func isInSlab(_ address: UInt64) -> Bool {
    guard state.slab != nil else { return facts.slabs.isEmpty || state.cache == nil }
    if let start = state.slabStart { return address &- start < state.slabSize }
    // Without a row, objects that lie close together go together.
    guard let last = facts.objects.addresses.last else { return true }
    return address &- last < 1 << 16
  }
}

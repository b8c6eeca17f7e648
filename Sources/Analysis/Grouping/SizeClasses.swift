internal import Evidence

/// The object sizes of the `kmalloc` caches: what fits in a smaller one is not put in a larger.
struct SizeClasses {
  private let sizes: [Int]

  /// Collects the sizes of a kernel's caches.
  init(_ census: Census) {
    sizes = Set(census.caches.filter(Self.isSizeClass).map(\.objectSize)).sorted()
  }

  /// The largest size that does not go into this cache: 0 for the smallest `kmalloc` cache and for
  /// caches of one type.
  func below(_ cache: SlabCache) -> Int {
    guard Self.isSizeClass(cache) else { return 0 }
    return sizes.last { $0 < cache.objectSize } ?? 0
  }

  /// Whether a cache serves `kmalloc`.
  ///
  /// Such caches have several prefixes: `kmalloc-cg-`, `dma-kmalloc-`, `kmalloc-rnd-01-` and so on.
  static func isSizeClass(_ cache: SlabCache) -> Bool {
    let name = cache.name.utf8
    let wanted = "kmalloc-".utf8
    return name.indices.contains { name[$0...].starts(with: wanted) }
  }
}

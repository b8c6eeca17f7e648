/// What counters say about a slab cache, beside the objects that were seen.
///
/// A saved session often shows a few objects of a cache that has millions.
public struct CacheCounters: Hashable, Sendable {
  /// Where the numbers are from, such as `kmem -s` or `/proc/slabinfo`.
  public var source: String
  /// The objects given to users, or nil when it is not known.
  public var allocated: Int?
  /// The slots of all slabs, or nil when it is not known.
  public var total: Int?
  /// The slabs, or nil when it is not known.
  public var slabs: Int?
  /// The size of a slab in bytes, or nil when it is not known.
  public var slabBytes: Int?

  /// Describes counters.
  public init(
    source: String, allocated: Int?, total: Int?, slabs: Int? = nil, slabBytes: Int? = nil
  ) {
    self.source = source
    self.allocated = allocated
    self.total = total
    self.slabs = slabs
    self.slabBytes = slabBytes
  }

  /// The memory that the slabs occupy, in bytes, or nil when it is not known.
  public var bytes: Int? {
    guard let slabs, let slabBytes else { return nil }
    let (bytes, overflow) = slabs.multipliedReportingOverflow(by: slabBytes)
    return overflow ? nil : bytes
  }
}

/// A row of `kmem -s` or `kmem -S`: what crash counted of a slab cache.
public struct CacheRow: Hashable, Sendable {
  /// The address of its `struct kmem_cache`.
  public let address: UInt64
  /// Its name.
  public let name: String
  /// OBJSIZE: for SLUB the size that users asked for, for SLAB the distance between objects.
  public let objectSize: Int?
  /// ALLOCATED, or nil when crash could not tell.
  public let allocated: Int?
  /// TOTAL, or nil when crash could not tell.
  public let total: Int?
  /// SLABS, or nil when crash could not tell.
  public let slabs: Int?
  /// SSIZE in bytes.
  public let slabBytes: Int?
  /// What crash said instead of counts: `IGNORED` or `INVALID/CORRUPTED`.
  public let remark: String?

  /// Describes a row.
  public init(
    address: UInt64, name: String, objectSize: Int?, allocated: Int?, total: Int?, slabs: Int?,
    slabBytes: Int?, remark: String? = nil
  ) {
    self.address = address
    self.name = name
    self.objectSize = objectSize
    self.allocated = allocated
    self.total = total
    self.slabs = slabs
    self.slabBytes = slabBytes
    self.remark = remark
  }
}

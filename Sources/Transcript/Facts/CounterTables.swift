/// A snapshot of `/proc/meminfo`, `free`, `kmem -i` or `kmem -V`.
public struct MemoryCounters: Hashable, Sendable {
  /// Where the numbers are from.
  public enum Source: String, Hashable, Sendable {
    /// `/proc/meminfo`.
    case meminfo
    /// `free`.
    case free
    /// crash's `kmem -i`.
    case crash = "kmem -i"
    /// crash's `kmem -V` or `/proc/vmstat`, which count pages.
    case statistics = "kmem -V"
  }

  /// Where the numbers are from.
  public let source: Source
  /// The line of its first number, counted from 1.
  public let line: Int
  /// The name of the file.
  public let input: String
  /// The counters by the names that the source gives them: in pages for `statistics`, else in
  /// bytes.
  public var bytes: [String: Int] = [:]
}

/// A row of `/proc/slabinfo` or `slabtop`.
public struct SlabInfoRow: Hashable, Sendable {
  /// The cache's name.
  public let name: String
  /// Objects in use, among them those parked in per-CPU arrays.
  public let active: Int
  /// Objects in all slabs.
  public let total: Int
  /// The distance between objects in bytes; `slabtop` rounds it.
  public let objectSize: Int
  /// Objects in one slab.
  public let objectsPerSlab: Int
  /// Pages in one slab, or nil when they are not shown.
  public let pagesPerSlab: Int?
  /// Slabs, or nil when they are not shown.
  public let slabs: Int?
}

/// A snapshot of `/proc/slabinfo` or `slabtop`.
public struct SlabInfoTable: Hashable, Sendable {
  /// The line of its first row, counted from 1.
  public let line: Int
  /// The name of the file.
  public let input: String
  /// Its rows.
  public var rows: [SlabInfoRow] = []
}

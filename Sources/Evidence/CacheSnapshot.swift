/// The counters of all caches at one time, or of one machine.
public struct CacheSnapshot: Hashable, Sendable {
  /// What a cache's counters said.
  public struct Entry: Hashable, Sendable {
    /// The cache's name.
    public let name: String
    /// The distance between its objects, or their size, in bytes.
    public let objectSize: Int
    /// The objects given to users.
    public let allocated: Int

    /// Describes an entry.
    public init(name: String, objectSize: Int, allocated: Int) {
      self.name = name
      self.objectSize = objectSize
      self.allocated = allocated
    }
  }

  /// Where the numbers are from, such as `bad.txt, line 12`.
  public let source: String
  /// The caches, in the order of the source.
  public let caches: [Entry]

  /// Describes a snapshot.
  public init(source: String, caches: [Entry]) {
    self.source = source
    self.caches = caches
  }
}

public import Memory

/// Pages that somebody took from the page allocator and that no record of the kernel's accounts for.
public struct GhostPages: Hashable, Sendable {
  /// Pages that were taken at once.
  public struct Block: Hashable, Sendable, BitwiseCopyable {
    /// Where the first of them is in the direct map.
    public let start: VirtualAddress
    /// How many there are.
    public let pages: Int
    /// Whether the kernel recorded how many there are (`__GFP_COMP`); else they are the page that is
    /// held and the pages behind it that nobody holds.
    public let isCompound: Bool

    /// Describes a block.
    public init(start: VirtualAddress, pages: Int, isCompound: Bool) {
      self.start = start
      self.pages = pages
      self.isCompound = isCompound
    }
  }

  /// The blocks, by address.
  public let blocks: [Block]
  /// The size of a page in bytes.
  public let pageSize: Int
  /// How many bytes of the compound blocks are, by the counters, objects of `kmalloc` that are too
  /// large for a slab; nil where they are told apart by their pages, or the counters are not known.
  public let largeObjects: Int?

  /// Describes the pages.
  public init(blocks: [Block], pageSize: Int, largeObjects: Int?) {
    self.blocks = blocks
    self.pageSize = pageSize
    self.largeObjects = largeObjects
  }

  /// How many pages there are in all blocks.
  public var pages: Int { blocks.reduce(0) { $0 &+ $1.pages } }
}

public import Evidence
internal import Memory

/// Pages that no record of the kernel's accounts for, in groups that look the same.
///
/// The first page of each block is grouped like an object of a slab.
public struct GhostGroups: Sendable {
  /// Blocks whose first pages look the same.
  public struct Group: Sendable {
    /// What the first pages share.
    public let template: Template
    /// The blocks, by address.
    public let blocks: [GhostPages.Block]
    /// How many of the first pages are equal byte by byte: the largest such subset.
    public let identical: Int

    /// The pages of all blocks.
    public var pages: Int { blocks.reduce(0) { $0 &+ $1.pages } }

    /// Where the first page holds the address of a function or object, the names, by offset.
    public var symbols: [String] {
      template.words.compactMap { word in
        guard case .symbol(let name, _, let module) = word.shared else { return nil }
        return module.map { "\(name) [\($0)]" } ?? name
      }
    }
  }

  /// The groups, the one with most pages first.
  public let groups: [Group]
  /// How many blocks were looked at: all of them, or some from everywhere.
  public let sampled: Int
  /// How many of these cannot be read.
  public let unread: Int

  /// A page that holds a text is not told from one that begins with a short string otherwise.
  private static let shortestText = 256
  /// No more blocks are looked at.
  private static let mostBlocks = 8192

  /// Groups the blocks of a kernel; there are no groups where no pages are known.
  public init(of subject: Subject) async {
    guard let ghosts = subject.ghosts, !ghosts.blocks.isEmpty else {
      (groups, sampled, unread) = ([], 0, 0)
      return
    }
    let step = (ghosts.blocks.count + Self.mostBlocks - 1) / Self.mostBlocks
    let blocks = stride(from: 0, to: ghosts.blocks.count, by: step).map { ghosts.blocks[$0] }
    var kernel = subject
    let cache = subject.census.caches.count
    kernel.census = Self.census(with: blocks, pageSize: ghosts.pageSize, beside: subject.census)
    let found = await CacheGrouping.groups(
      ofCache: cache, in: kernel, typing: ObjectTyping(kernel, leastBytes: .max),
      shortestText: Self.shortestText)
    let census = kernel.census
    groups = found.groups.map { group in
      let members = group.slots.compactMap { slot in
        census.object(inSlot: Int(slot)).flatMap { object in
          Self.block(at: census.address(of: object), in: blocks)
        }
      }
      return Group(template: group.template, blocks: members, identical: group.identical)
    }
    .sorted { ($1.pages, $0.blocks[0].start) < ($0.pages, $1.blocks[0].start) }
    sampled = blocks.count
    unread = found.unread
  }

  /// A census that has the blocks beside all slabs, as a cache of its own behind the others.
  private static func census(
    with blocks: [GhostPages.Block], pageSize: Int, beside census: Census
  ) -> Census {
    let pages = SlabCache(
      name: "pages not accounted for", address: VirtualAddress(0), objectSize: pageSize,
      slotSize: pageSize, objectsPerSlab: 1)
    var builder = CensusBuilder(caches: census.caches + [pages])
    var waiting = blocks[...]
    func add(_ block: GhostPages.Block) {
      builder.addSlab(
        cache: census.caches.count, firstPage: block.start, pages: 1, firstObject: block.start,
        slots: 1, slotSize: pageSize)
    }
    for slab in census.slabs {
      while let block = waiting.first, block.start < slab.firstPage {
        add(block)
        waiting.removeFirst()
      }
      builder.addSlab(
        cache: Int(slab.cache), firstPage: slab.firstPage, pages: Int(slab.pages),
        firstObject: slab.firstObject, slots: Int(slab.slots), slotSize: Int(slab.slotSize))
    }
    for block in waiting { add(block) }
    return Census(builder)
  }

  private static func block(
    at address: VirtualAddress, in blocks: [GhostPages.Block]
  ) -> GhostPages.Block? {
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].start < address { low = middle + 1 } else { high = middle }
    }
    return low < blocks.count && blocks[low].start == address ? blocks[low] : nil
  }
}

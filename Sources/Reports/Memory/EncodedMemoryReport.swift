internal import Analysis
internal import Evidence
internal import Memory

/// The schema `slabscope.memory/1`.
struct EncodedMemoryReport: Encodable, Sendable {
  struct BlockCount: Encodable, Sendable {
    let pages: Int
    let compound: Bool
    let blocks: Int
  }

  struct Group: Encodable, Sendable {
    let blocks: Int
    let pages: Int
    let bytes: Int
    let identical: Int
    let words: [EncodedWord]
    let examples: [EncodedAddress]
  }

  struct Ghosts: Encodable, Sendable {
    let pages: Int
    let bytes: Int
    @OrNull var largeObjects: Int?
    let blocks: [BlockCount]
    let blocksSampled: Int
    let blocksUnread: Int
    let groups: [Group]
  }

  private static let groupsTold = 100

  let schema = "slabscope.memory/1"
  let coverage: EncodedCoverage
  let memory: EncodedMemory
  @OrNull var ghosts: Ghosts?

  init(_ subject: Subject, input: InputDescription, groups: GhostGroups) {
    coverage = EncodedCoverage(subject.coverage)
    memory =
      subject.accounts.last.map { EncodedMemory($0) }
      ?? EncodedMemory(input, caches: CacheSummary.all(in: subject))
    ghosts = subject.ghosts.map { ghosts in
      Ghosts(
        pages: ghosts.pages, bytes: ghosts.pages &* ghosts.pageSize,
        largeObjects: ghosts.largeObjects,
        blocks: ghosts.sizes.map {
          BlockCount(pages: $0.pages, compound: $0.isCompound, blocks: $0.blocks)
        },
        blocksSampled: groups.sampled, blocksUnread: groups.unread,
        groups: groups.groups.prefix(Self.groupsTold).map { group in
          Group(
            blocks: group.blocks.count, pages: group.pages,
            bytes: group.pages &* ghosts.pageSize, identical: group.identical,
            words: group.told.map { EncodedWord($0, structure: nil) },
            examples: group.blocks.prefix(5).map { EncodedAddress($0.start) })
        })
    }
  }
}

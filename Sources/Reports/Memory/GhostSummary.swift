internal import Analysis
internal import Evidence

extension GhostPages {
  /// How many blocks there are of each size.
  struct SizeCount: Hashable, Sendable {
    let pages: Int
    let isCompound: Bool
    let blocks: Int
  }

  /// The sizes of the blocks, ascending, those without a recorded size first.
  var sizes: [SizeCount] {
    struct Size: Hashable {
      let pages: Int
      let isCompound: Bool
    }
    var counts: [Size: Int] = [:]
    for block in blocks {
      counts[Size(pages: block.pages, isCompound: block.isCompound), default: 0] += 1
    }
    return counts.map {
      SizeCount(pages: $0.key.pages, isCompound: $0.key.isCompound, blocks: $0.value)
    }
    .sorted { ($0.isCompound ? 1 : 0, $0.pages) < ($1.isCompound ? 1 : 0, $1.pages) }
  }
}

extension GhostGroups.Group {
  /// The words of a page that are worth telling: not those that differ, and no zeros.
  var told: [TemplateWord] {
    Array(
      template.words.lazy.filter { word in
        switch word.shared {
        case nil, .zero, .other: false
        default: true
        }
      }.prefix(Self.mostTold))
  }

  private static let mostTold = 64

  /// Whether the pages share anything that says what they are.
  var isTelling: Bool { !told.isEmpty }

  /// Whether there is hardly anything in the pages.
  var isBlank: Bool {
    template.words.count(where: { $0.shared == .zero }) * 2 > template.words.count
  }
}

/// A row of `kmem -i`: `SLAB  9522  37.2 MB  15% of TOTAL MEM`.
enum MemoryUsageRow {
  private static let labels = [
    "TOTAL MEM", "FREE", "USED", "SHARED", "BUFFERS", "CACHED", "SLAB", "TOTAL HIGH", "FREE HIGH",
    "TOTAL LOW", "FREE LOW", "TOTAL HUGE", "HUGE FREE", "TOTAL SWAP", "SWAP USED", "SWAP FREE",
    "COMMIT LIMIT", "COMMITTED",
  ]

  /// A row that begins at a word: its label, its pages, and its size as it is rounded.
  static func match(
    _ line: Line, at index: Int
  ) -> Match<(label: String, pages: Int, rounded: Int)>? {
    guard index + 2 < line.count, !line.words[index].shape.contains(.digit),
      let label = labels.first(where: { line.words(from: index, are: $0) })
    else { return nil }
    let start = index + (label.contains(" ") ? 2 : 1)
    guard let pages = line.natural(start), start + 1 < line.count else { return nil }
    var end = start + 2
    var unit = ""
    if end < line.count, line.word(end, endsWith: "B"), line.words[end].count == 2 {
      unit = line.text(end)
      end += 1
    }
    guard let rounded = HumanSize.bytes(line.text(start + 1), unit: unit) else { return nil }
    if line.word(end, is: "----") {
      end += 1
    } else if line.word(end, endsWith: "%"), line.word(end + 1, is: "of") {
      end = min(end + 4, line.count)
    } else {
      return nil
    }
    return Match(fact: (label, pages, rounded), words: end - index)
  }

  /// The size of a page that makes `pages` of them `rounded` bytes, of those that kernels have.
  static func pageSize(pages: Int, rounded: Int) -> Int? {
    guard pages > 0, pages < 1 << 40 else { return nil }
    return [4 << 10, 16 << 10, 64 << 10].first { size in
      let bytes = pages * size
      return bytes - bytes / 50 <= rounded && rounded <= bytes + bytes / 50
    }
  }
}

/// `/proc/slabinfo`, and the table of `slabtop -o`.
extension SlabInfoRow {
  /// A row of `/proc/slabinfo` that begins at a word:
  /// `name active total size per-slab pages : tunables 0 0 0 : slabdata slabs slabs 0`.
  static func match(_ line: Line, at index: Int) -> Match<SlabInfoRow>? {
    guard line.word(index + 6, is: ":"), line.word(index + 7, is: "tunables"),
      let active = line.natural(index + 1), let total = line.natural(index + 2),
      let size = line.natural(index + 3), let perSlab = line.natural(index + 4),
      let pages = line.natural(index + 5)
    else { return nil }
    var slabs: Int?
    var end = min(index + 11, line.count)
    if line.word(index + 11, is: ":"), line.word(index + 12, is: "slabdata") {
      slabs = line.natural(index + 14)
      end = min(index + 16, line.count)
    }
    // CONFIG_DEBUG_SLAB puts statistics behind.
    if line.word(end, is: ":"), line.word(end + 1, is: "globalstat") { end = line.count }
    let row = SlabInfoRow(
      name: line.text(index), active: active, total: total, objectSize: size,
      objectsPerSlab: perSlab, pagesPerSlab: pages, slabs: slabs)
    return Match(fact: row, words: end - index)
  }

  /// A row of `slabtop` that begins at a word: `OBJS ACTIVE USE SIZE SLABS OBJ/SLAB CACHE NAME`.
  static func matchTop(_ line: Line, at index: Int) -> Match<SlabInfoRow>? {
    guard index + 7 < line.count, let total = line.natural(index),
      let active = line.natural(index + 1),
      line.word(index + 2, endsWith: "%"), line.word(index + 3, endsWith: "K"),
      let size = HumanSize.bytes(line.text(index + 3)), let slabs = line.natural(index + 4),
      let perSlab = line.natural(index + 5), line.word(index + 6, endsWith: "K")
    else { return nil }
    let end = min(line.count, index + 8)
    let row = SlabInfoRow(
      name: line.text(index + 7), active: active, total: total, objectSize: size,
      objectsPerSlab: perSlab, pagesPerSlab: nil, slabs: slabs)
    return Match(fact: row, words: end - index)
  }
}

/// The columns of a slab's row: SLAB, MEMORY, for SLUB also NODE, then TOTAL, ALLOCATED and FREE.
struct SlabColumns {
  let descriptor: UInt64
  let memory: UInt64
  let total: Int
  let allocated: Int
  let free: Int

  /// A row that begins at a word.
  static func match(_ line: Line, at index: Int) -> Match<SlabColumns>? {
    guard let descriptor = line.address(index), let memory = line.address(index + 1),
      let first = line.natural(index + 2), let second = line.decimal(index + 3),
      let third = line.decimal(index + 4)
    else { return nil }
    let fourth = line.decimal(index + 5)
    // With a NODE the last three add up; without, the first three do.
    if let fourth, second == third &+ fourth || first != second &+ third, second >= 0 {
      let columns = SlabColumns(
        descriptor: descriptor, memory: memory, total: second, allocated: third, free: fourth)
      return Match(fact: columns, words: 6)
    }
    let columns = SlabColumns(
      descriptor: descriptor, memory: memory, total: first, allocated: second, free: third)
    return Match(fact: columns, words: 5)
  }
}

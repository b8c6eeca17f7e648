/// `kmem -s` before crash 7.2.4 printed the name behind the address, since then at the end
/// (455da1a). Only the order of the words is reliable: long names push the columns together.
extension CacheRow {
  /// No name of a cache has more words than this.
  private static let longestName = 8

  /// A row that begins at a word, whatever its column order.
  static func match(_ line: Line, at index: Int) -> Match<CacheRow>? {
    guard let address = line.address(index) else { return nil }
    if let row = remark(line, at: index, address) { return row }
    let last = min(index + 1 + longestName, line.count - 4)
    guard last > index else { return nil }
    for start in (index + 1)...last {
      guard let counts = Counts(line, at: start) else { continue }
      let name: Range<Int>
      let end: Int
      if start > index + 1 {
        // The old order.
        guard counts.slabBytes != nil || start + 4 == line.count else { return nil }
        name = (index + 1)..<start
        end = start + counts.words
      } else {
        guard counts.slabBytes != nil else { return nil }
        name = nameAtEnd(line, from: start + counts.words)
        guard !name.isEmpty else { return nil }
        end = name.upperBound
      }
      let row = CacheRow(
        address: address, name: line.text(name), objectSize: counts.objectSize,
        allocated: counts.allocated, total: counts.total, slabs: counts.slabs,
        slabBytes: counts.slabBytes)
      return Match(fact: row, words: end - index)
    }
    return nil
  }

  /// OBJSIZE, ALLOCATED, TOTAL, SLABS and SSIZE, the last of which a mailer may have wrapped away.
  private struct Counts {
    let objectSize: Int?
    let allocated: Int?
    let total: Int?
    let slabs: Int?
    let slabBytes: Int?
    var words: Int { slabBytes == nil ? 4 : 5 }

    init?(_ line: Line, at index: Int) {
      guard let objectSize = line.natural(index), let allocated = Self.count(line, index + 1),
        let total = Self.count(line, index + 2), let slabs = Self.count(line, index + 3)
      else { return nil }
      self.objectSize = objectSize
      // An unsigned counter printed as signed: a negative one is a miscount.
      self.allocated = allocated.flatMap { $0 < 0 ? nil : $0 }
      self.total = total.flatMap { $0 < 0 ? nil : $0 }
      self.slabs = slabs.flatMap { $0 < 0 ? nil : $0 }
      slabBytes = SlabSize.bytes(line, index + 4)
    }

    /// A number, or `?` for one that crash could not gather; nil when it is neither.
    private static func count(_ line: Line, _ index: Int) -> Int?? {
      if line.word(index, is: "?") { return .some(nil) }
      return line.decimal(index).map { .some($0) }
    }
  }

  /// `ADDRESS [IGNORED] NAME`, in either order, and the same with `[INVALID/CORRUPTED]`.
  private static func remark(
    _ line: Line, at index: Int, _ address: UInt64
  ) -> Match<CacheRow>? {
    for position in (index + 1)..<min(index + 1 + longestName, line.count) {
      guard line.words[position].shape.contains(.bracket) else { continue }
      guard line.word(position, is: "[IGNORED]") || line.word(position, is: "[INVALID/CORRUPTED]")
      else { return nil }
      let isNew = position == index + 1
      let name = isNew ? nameAtEnd(line, from: position + 1) : (index + 1)..<position
      guard !name.isEmpty else { return nil }
      let remark = String(line.text(position).dropFirst().dropLast())
      let row = CacheRow(
        address: address, name: line.text(name), objectSize: nil, allocated: nil, total: nil,
        slabs: nil, slabBytes: nil, remark: remark)
      return Match(fact: row, words: max(position + 1, name.upperBound) - index)
    }
    return nil
  }

  /// The words of a name that ends the row: up to the end of the line, or to what begins anew in
  /// a line that several rows were pasted into.
  private static func nameAtEnd(_ line: Line, from start: Int) -> Range<Int> {
    var end = start
    while end < line.count, end - start < longestName {
      if line.address(end) != nil || line.word(end, startsWith: "..") { break }
      if ["CACHE", "SLAB", "CPU", "//", "#", "<-", "<--", "<---", "…", "……"].contains(where: {
        line.word(end, is: $0)
      }) {
        break
      }
      // Something that a person wrote behind the row.
      if end > start, line.gap(before: end) > 1 { break }
      end += 1
    }
    return start..<end
  }
}

/// SSIZE: a slab's size in KiB.
enum SlabSize {
  /// The bytes that a word such as `32k` stands for.
  static func bytes(_ line: Line, _ index: Int) -> Int? {
    guard index < line.count, line.word(index, endsWith: "k"), line.words[index].count > 1,
      let kib = Decimal.value(
        of: line.bytes, in: Int(line.words[index].start)..<(Int(line.words[index].end) - 1)),
      kib <= 1 << 20
    else { return nil }
    return kib << 10
  }
}

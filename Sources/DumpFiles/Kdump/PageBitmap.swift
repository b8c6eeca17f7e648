internal import ByteKit
internal import Memory

/// A bitmap over page frames that knows how many bits are set below any of them.
struct PageBitmap: Sendable {
  /// The number of page frames that the bitmap speaks of.
  let count: UInt64
  private let bits: Bytes
  /// For each group of page frames, the number of bits set below it.
  private let ranks: [UInt64]

  /// A count for 1024 bits makes 6 % of the bitmap, and 16 words at most to count on from there.
  private static let wordsPerGroup = 16
  private static let bitsPerGroup = UInt64(wordsPerGroup * 64)

  /// Looks at the first `count` bits, of each byte the lowest first.
  ///
  /// The bytes' number must be a multiple of 8, as that of a block is.
  init(bits: Bytes, count: UInt64) {
    self.bits = bits
    self.count = min(count, UInt64(bits.count) * 8)
    ranks = Self.ranks(bits)
  }

  /// Whether the bit of a page frame is set; false for one that the bitmap does not speak of.
  subscript(frame: UInt64) -> Bool {
    guard frame < count else { return false }
    return word(Int(frame / 64)) >> (frame % 64) & 1 != 0
  }

  /// The number of bits set below that of a page frame.
  func rank(of frame: UInt64) -> UInt64 {
    let end = min(frame, count)
    let group = Int(end / Self.bitsPerGroup)
    guard group < ranks.count else { return ranks.last ?? 0 }
    var rank = ranks[group]
    let lastWord = Int(end / 64)
    for index in (group * Self.wordsPerGroup)..<lastWord {
      rank &+= UInt64(word(index).nonzeroBitCount)
    }
    let below = (UInt64(1) << (end % 64)) &- 1
    return rank &+ UInt64((word(lastWord) & below).nonzeroBitCount)
  }

  /// The number of bits that are set here but not in another bitmap.
  func count(missingIn other: PageBitmap) -> Int {
    var missing = 0
    var frame: UInt64 = 0
    while frame < count {
      let inside = count - frame < 64 ? (UInt64(1) << (count - frame)) &- 1 : .max
      let known = frame < other.count ? other.word(Int(frame / 64)) : 0
      missing += (word(Int(frame / 64)) & inside & ~known).nonzeroBitCount
      frame += 64
    }
    return missing
  }

  /// The runs of bits that are set.
  ///
  /// When there are more than a million of them, which no machine has, runs are rounded outwards to
  /// 1024 page frames, so that the answer never outgrows the bitmap.
  func ranges(limit: Int = 1 << 20) -> [Range<PageFrame>] {
    runs(limit: limit, next: next) ?? runs(limit: .max, next: nextGroup) ?? []
  }

  /// The runs between the places that `next` finds, or nil when there are more than `limit`.
  private func runs(
    limit: Int, next: (_ isSet: Bool, _ frame: UInt64) -> UInt64
  ) -> [Range<PageFrame>]? {
    var ranges: [Range<PageFrame>] = []
    var start = next(true, 0)
    while start < count {
      guard ranges.count < limit else { return nil }
      let end = next(false, start)
      ranges.append(PageFrame(start)..<PageFrame(end))
      start = next(true, end)
    }
    return ranges
  }

  /// The first page frame from `frame` on whose bit is set, or not set; `count` when there is none.
  func next(_ isSet: Bool, from frame: UInt64) -> UInt64 {
    var frame = frame
    while frame < count {
      let word = isSet ? word(Int(frame / 64)) : ~word(Int(frame / 64))
      let rest = word >> (frame % 64)
      if rest != 0 { return min(frame + UInt64(rest.trailingZeroBitCount), count) }
      frame = (frame / 64 + 1) * 64
    }
    return count
  }

  /// The same in steps of a group, of which any or none of the bits is set.
  private func nextGroup(_ isSet: Bool, from frame: UInt64) -> UInt64 {
    var group = Int(frame / Self.bitsPerGroup)
    while group + 1 < ranks.count, (ranks[group] != ranks[group + 1]) != isSet { group += 1 }
    return min(UInt64(group) * Self.bitsPerGroup, count)
  }

  private func word(_ index: Int) -> UInt64 { bits.load(at: index * 8) ?? 0 }

  private static func ranks(_ bits: Bytes) -> [UInt64] {
    let words = bits.count / 8
    var ranks: [UInt64] = []
    ranks.reserveCapacity(words / wordsPerGroup + 2)
    var rank: UInt64 = 0
    let span = bits.span
    for index in 0..<words {
      if index % wordsPerGroup == 0 { ranks.append(rank) }
      rank &+= UInt64((span.load(UInt64.self, at: index * 8) ?? 0).nonzeroBitCount)
    }
    ranks.append(rank)
    return ranks
  }
}

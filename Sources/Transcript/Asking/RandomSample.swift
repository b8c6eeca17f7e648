/// Chooses some of many at random, the same ones each time.
enum RandomSample {
  /// At most `count` of the numbers below `total`, ascending.
  ///
  /// Every subset is as likely as any other (Floyd's algorithm); `seed` decides.
  static func indices(_ count: Int, of total: Int, seed: UInt64) -> [Int] {
    guard total > count else { return Array(0..<max(0, total)) }
    var chosen: Set<Int> = []
    var generator = SplitMix(state: seed)
    for last in (total - count)..<total {
      let index = Int.random(in: 0...last, using: &generator)
      if !chosen.insert(index).inserted { chosen.insert(last) }
    }
    return chosen.sorted()
  }
}

/// Steele, Lea and Flood's SplitMix64.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}

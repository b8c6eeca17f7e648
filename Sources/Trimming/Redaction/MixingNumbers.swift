import Memory

/// Chooses other numbers for those that free lists are combined with, so that no word of a list
/// reads as text.
///
/// A free pointer is `pointer ^ random ^ swab(address)`, before v5.7 without `swab`. Six characters
/// in a row take all of its bytes 2 to 5, so one of these must not be printable; one is not when its
/// top bit is set. Pointer and address are of one slab, and so have bits 31 and 39 in common: with
/// `swab`, byte 3 has bit 31 of the one and 39 of the other, byte 4 the reverse, and where the
/// random number has just one of both, so has the word. Without, both cancel out, and bit 31 of
/// the random number is the word's. The pointer of a list's last object is 0: then byte 2, or
/// without `swab` byte 5, has the address's bit 47, which is the same in all the direct map.
struct MixingNumbers: Sendable {
  private let hash: KeyedHash
  private let isBit47Set: Bool

  /// Takes the start of the direct map, where it is known.
  init(_ hash: KeyedHash, directMapBase: VirtualAddress?) {
    self.hash = hash
    isBit47Set = (directMapBase?.rawValue ?? 0) >> 47 & 1 != 0
  }

  /// What stands for a word that `random` is in.
  func replacement(of word: UInt64, with random: UInt64) -> UInt64 {
    word ^ random ^ number(for: random)
  }

  /// The number that takes the place of another.
  func number(for random: UInt64) -> UInt64 {
    let ends: UInt64 = 1 << 23 | 1 << 47
    var number = hash.of([random]) & ~(ends | 1 << 39) | 1 << 31
    if !isBit47Set { number |= ends }
    // No byte of a list's words stays as it was.
    for shift in stride(from: UInt64(0), to: 64, by: 8) where (number ^ random) >> shift & 0xff == 0
    {
      number ^= 1 << shift
    }
    return number
  }
}

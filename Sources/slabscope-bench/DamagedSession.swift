import FixtureKit

/// A piece of a session, damaged at random: cut off, joined, overwritten.
struct DamagedSession {
  private(set) var bytes: [UInt8]

  /// Damages one of `originals`, whole or a piece of up to 8 KiB of it.
  init(_ originals: [[UInt8]], isWhole: Bool, using random: inout SeededGenerator) {
    bytes = Self.piece(of: originals, isWhole: isWhole, using: &random)
    for _ in 0..<Int.random(in: 1...12, using: &random) where !bytes.isEmpty {
      damage(originals, using: &random)
    }
  }

  private static func piece(
    of originals: [[UInt8]], isWhole: Bool, using random: inout SeededGenerator
  ) -> [UInt8] {
    guard let original = originals.randomElement(using: &random), !original.isEmpty else {
      return []
    }
    if isWhole { return original }
    let start = Int.random(in: 0..<original.count, using: &random)
    let length = Int.random(in: 1...8192, using: &random)
    return Array(original[start..<min(original.count, start + length)])
  }

  private mutating func damage(_ originals: [[UInt8]], using random: inout SeededGenerator) {
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let length = min(Int.random(in: 1...300, using: &random), bytes.count - place)
    switch Int.random(in: 0..<9, using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.removeSubrange(place..<(place + length))
    case 2: bytes.insert(contentsOf: Array(bytes[place..<(place + length)]), at: place)
    case 3: bytes.removeSubrange(place...)
    case 4: bytes.insert(contentsOf: "ffffffffffffffff 999999999999999999 ".utf8, at: place)
    case 5: bytes.replaceSubrange(place..<(place + length), with: random.bytes(length))
    case 6:
      let other = Self.piece(of: originals, isWhole: false, using: &random).prefix(1024)
      bytes.insert(contentsOf: other, at: place)
    case 7:
      // A digit more or less makes counts and addresses of other sizes.
      bytes[place] = UInt8.random(in: 0x30...0x39, using: &random)
    default:
      for index in place..<(place + length) where bytes[index] == 0x0a { bytes[index] = 0x20 }
    }
  }
}

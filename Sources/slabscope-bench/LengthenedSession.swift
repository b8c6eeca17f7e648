/// A session that goes on and on: repeated with its slabs at other addresses each time.
struct LengthenedSession {
  private(set) var bytes: [UInt8] = []

  /// Repeats a session until it is `size` bytes long or a little longer.
  init(_ session: [UInt8], to size: Int) {
    let places = Self.addresses(in: session)
    var copy: UInt64 = 0
    while bytes.count < size, !session.isEmpty {
      let start = bytes.count
      bytes += session
      for (place, address) in places {
        write(address &+ copy << 28, at: start + place)
      }
      copy += 1
    }
  }

  /// The addresses of the direct map: those with the beginning that most of the text's have.
  private static func addresses(in session: [UInt8]) -> [(place: Int, address: UInt64)] {
    var found: [(place: Int, address: UInt64)] = []
    var digits = 0
    var value: UInt64 = 0
    for (place, byte) in session.enumerated() {
      if let digit = Character(Unicode.Scalar(byte)).hexDigitValue {
        digits += 1
        value = value << 4 | UInt64(digit)
      } else {
        if digits == 16, value >> 56 == 0xff { found.append((place - 16, value)) }
        digits = 0
        value = 0
      }
    }
    let areas = Dictionary(grouping: found) { $0.address >> 32 }
    return areas.values.max { $0.count < $1.count } ?? []
  }

  private mutating func write(_ address: UInt64, at place: Int) {
    for digit in 0..<16 {
      let value = UInt8(address >> UInt64(60 - digit * 4) & 15)
      bytes[place + digit] = value < 10 ? 0x30 + value : 0x57 + value
    }
  }
}

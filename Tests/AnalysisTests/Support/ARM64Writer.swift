import Memory

/// Writes AArch64 code, an instruction after the other.
struct ARM64Writer {
  let start: VirtualAddress
  private(set) var bytes: [UInt8] = []

  init(at start: VirtualAddress) { self.start = start }

  private var place: VirtualAddress { start.advanced(by: bytes.count) }

  mutating func nop() { append(0xd503_201f) }
  mutating func paciasp() { append(0xd503_233f) }
  mutating func btiC() { append(0xd503_245f) }
  mutating func ret() { append(0xd65f_03c0) }
  mutating func br(_ register: UInt32) { append(0xd61f_0000 | register << 5) }

  /// `adrp xN, target`: the page of the target.
  mutating func adrp(_ register: UInt32, _ target: VirtualAddress) {
    let pages = (target.rawValue >> 12) &- (place.rawValue >> 12)
    append(0x9000_0000 | register | Self.split(UInt32(truncatingIfNeeded: pages)))
  }
  /// `add xN, xM, #:lo12:target`.
  mutating func add(_ register: UInt32, _ page: UInt32, low target: VirtualAddress) {
    append(0x9100_0000 | register | page << 5 | UInt32(target.rawValue & 0xfff) << 10)
  }
  mutating func adr(_ register: UInt32, _ target: VirtualAddress) {
    let distance = UInt32(truncatingIfNeeded: target.offset(from: place))
    append(0x1000_0000 | register | Self.split(distance))
  }
  /// `ldr xN, literal`, with the literal `words` instructions further on.
  mutating func ldr(_ register: UInt32, literalAfter words: UInt32) {
    append(0x5800_0000 | register | words << 5)
  }
  mutating func quad(_ word: UInt64) {
    append(UInt32(truncatingIfNeeded: word))
    append(UInt32(truncatingIfNeeded: word >> 32))
  }
  mutating func bl(_ target: VirtualAddress) { branch(0x9400_0000, target) }
  mutating func b(_ target: VirtualAddress) { branch(0x1400_0000, target) }

  private mutating func branch(_ opcode: UInt32, _ target: VirtualAddress) {
    let distance = UInt32(truncatingIfNeeded: target.offset(from: place)) >> 2
    append(opcode | distance & 0x3ff_ffff)
  }

  /// A number in the fields immhi:immlo.
  private static func split(_ number: UInt32) -> UInt32 {
    (number >> 2 & 0x7_ffff) << 5 | (number & 3) << 29
  }

  private mutating func append(_ word: UInt32) {
    bytes += stride(from: 0, to: 32, by: 8).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
  }
}

internal import ByteKit
internal import Memory

/// Looks for single instructions in AArch64 code.
///
/// Source: "Arm Architecture Reference Manual for A-profile architecture", C6.
struct ARM64Code {
  let bytes: Bytes
  let start: VirtualAddress

  /// Whether instructions load an address into a register: `adrp` and `add`, `adr`, or `ldr` from a
  /// literal within the function.
  ///
  /// An `add` may stand far behind its `adrp`, and there may be several: compilers reach one object
  /// from another. What other instructions write to the register between is not looked at: it would
  /// have to make the same address by accident.
  func refers(to target: VirtualAddress) -> Bool {
    var values = [VirtualAddress?](repeating: nil, count: 32)
    let span = bytes.span
    for offset in stride(from: 0, to: bytes.count - 3, by: 4) {
      guard let word = span.load(UInt32.self, at: offset) else { break }
      let place = start.advanced(by: offset)
      let destination = Int(word & 31)
      if word & 0x9f00_0000 == 0x9000_0000 {
        values[destination] = Self.page(of: word, at: place)
        if values[destination] == target { return true }
      } else if word & 0xffc0_0000 == 0x9100_0000 {
        values[destination] = values[Int(word >> 5 & 31)].map { Self.sum($0, word) }
        if values[destination] == target { return true }
      } else if word & 0x9f00_0000 == 0x1000_0000 {
        if place.advanced(by: Self.immediate(of: word)) == target { return true }
      } else if word & 0xff00_0000 == 0x5800_0000 {
        let literal = offset &+ Self.signed(word >> 5, bits: 19) &* 4
        if bytes.load(UInt64.self, at: literal) == target.rawValue { return true }
      }
    }
    return false
  }

  /// Whether a `b` or `bl` leads to a function, perhaps by way of a veneer.
  ///
  /// `behindVeneer` is asked where a veneer leads that may stand outside of the function.
  func branches(
    to target: VirtualAddress, behindVeneer: (VirtualAddress) -> VirtualAddress?
  ) -> Bool {
    let span = bytes.span
    for offset in stride(from: 0, to: bytes.count - 3, by: 4) {
      guard let word = span.load(UInt32.self, at: offset) else { break }
      guard word & 0x7c00_0000 == 0x1400_0000 else { continue }
      let place = start.advanced(by: offset)
      let destination = place.advanced(by: Self.signed(word, bits: 26) &* 4)
      if destination == target { return true }
      guard destination.offset(from: start) >= UInt64(bytes.count) else { continue }
      if behindVeneer(destination) == target { return true }
    }
    return false
  }

  /// Where a veneer at `start` leads: `adrp x16`, `add x16`, `br x16`, with a `bti c` before them or
  /// not, as the linker and the kernel (`struct plt_entry`) make them.
  var veneerTarget: VirtualAddress? {
    let branchTargetMark: UInt32 = 0xd503_245f
    let first = bytes.load(UInt32.self, at: 0) == branchTargetMark ? 4 : 0
    guard let page = bytes.load(UInt32.self, at: first),
      let low = bytes.load(UInt32.self, at: first + 4),
      let branch = bytes.load(UInt32.self, at: first + 8),
      page & 0x9f00_001f == 0x9000_0010, low & 0xffc0_03ff == 0x9100_0210, branch == 0xd61f_0200
    else { return nil }
    return Self.sum(Self.page(of: page, at: start.advanced(by: first)), low)
  }

  /// What `adrp` at `place` loads.
  private static func page(of word: UInt32, at place: VirtualAddress) -> VirtualAddress {
    VirtualAddress(place.rawValue & ~0xfff).advanced(by: immediate(of: word) &* 4096)
  }

  /// What `add` with an immediate makes of a page.
  private static func sum(_ page: VirtualAddress, _ word: UInt32) -> VirtualAddress {
    page.advanced(by: UInt64(word >> 10 & 0xfff))
  }

  /// The immediate of `adr` and `adrp`: immhi:immlo.
  private static func immediate(of word: UInt32) -> Int {
    signed(word >> 5 & 0x7_ffff, bits: 19) &* 4 | Int(word >> 29 & 3)
  }

  /// The lowest `bits` of a word as a signed number.
  private static func signed(_ word: UInt32, bits: UInt32) -> Int {
    Int(Int32(bitPattern: word << (32 - bits)) >> Int32(32 - bits))
  }
}

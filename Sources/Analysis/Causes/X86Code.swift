internal import ByteKit
internal import Memory

/// Looks for single instructions in x86_64 code by their bytes, wherever these stand.
///
/// Instructions are not decoded one after the other, so that alternatives, patched calls and data in
/// between do no harm. What is looked for are four bytes that depend on a place and a target, behind
/// the right opcode: other bytes hardly ever look so.
struct X86Code {
  let bytes: Bytes
  let start: VirtualAddress

  /// Whether an instruction loads an address into a register.
  func refers(to target: VirtualAddress) -> Bool {
    let span = bytes.span
    let low = UInt32(truncatingIfNeeded: target.rawValue)
    let isSignExtended = UInt64(bitPattern: Int64(Int32(bitPattern: low))) == target.rawValue
    let distance = UInt32(truncatingIfNeeded: target.offset(from: start))
    for offset in stride(from: 2, to: bytes.count - 3, by: 1) {
      guard let word = span.load(UInt32.self, at: offset) else { break }
      let next = UInt32(truncatingIfNeeded: offset + 4)
      if word == low, isSignExtended && isMoveBefore(offset) || isLongMove(of: target, offset) {
        return true
      }
      if word == distance &- next, isLoadAddressBefore(offset) { return true }
    }
    return false
  }

  /// Whether an instruction calls or jumps to a function.
  func branches(to target: VirtualAddress) -> Bool {
    let span = bytes.span
    let first = target.advanced(by: -Self.before)
    for offset in stride(from: 1, to: bytes.count - 3, by: 1) {
      guard let word = span.load(UInt32.self, at: offset) else { break }
      let distance = Int(Int32(bitPattern: word)) &+ offset &+ 4
      guard start.advanced(by: distance).offset(from: first) <= UInt64(Self.before + Self.behind),
        isBranchBefore(offset)
      else { continue }
      return true
    }
    return false
  }

  /// A patched call may lead to the padding before a function, which accounts for the call
  /// (`call_depth_tracking`, 80e4c1cd42ff, "x86/retbleed: Add X86_FEATURE_CALL_DEPTH", v6.2).
  private static let before = 15
  /// A call may skip the `endbr64` that a function begins with.
  private static let behind = 4

  /// `mov $imm32, %r64`: REX.W C7 /0.
  private func isMoveBefore(_ offset: Int) -> Bool {
    byte(offset - 3) & 0xfe == 0x48 && byte(offset - 2) == 0xc7 && byte(offset - 1) & 0xf8 == 0xc0
  }

  /// `movabs $imm64, %r64`: REX.W B8+r.
  private func isLongMove(of target: VirtualAddress, _ offset: Int) -> Bool {
    byte(offset - 2) & 0xfe == 0x48 && byte(offset - 1) & 0xf8 == 0xb8
      && bytes.load(UInt64.self, at: offset) == target.rawValue
  }

  /// `lea disp32(%rip), %r64`: REX.W 8D with a ModR/M byte that says so.
  private func isLoadAddressBefore(_ offset: Int) -> Bool {
    byte(offset - 3) & 0xfb == 0x48 && byte(offset - 2) == 0x8d && byte(offset - 1) & 0xc7 == 0x05
  }

  /// `call rel32`, `jmp rel32`: E8, E9; `jcc rel32`: 0F 80 and on.
  private func isBranchBefore(_ offset: Int) -> Bool {
    byte(offset - 1) & 0xfe == 0xe8
      || byte(offset - 2) == 0x0f && byte(offset - 1) & 0xf0 == 0x80
  }

  private func byte(_ offset: Int) -> UInt8 { bytes.load(UInt8.self, at: offset) ?? 0 }
}

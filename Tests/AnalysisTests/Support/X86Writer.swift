import Memory

/// Writes x86_64 code, an instruction after the other.
struct X86Writer {
  let start: VirtualAddress
  private(set) var bytes: [UInt8] = []

  init(at start: VirtualAddress) { self.start = start }

  mutating func endbr64() { bytes += [0xf3, 0x0f, 0x1e, 0xfa] }
  /// What ftrace leaves in place of `call __fentry__`.
  mutating func fiveByteNop() { bytes += [0x0f, 0x1f, 0x44, 0x00, 0x00] }
  mutating func ret() { bytes += [0xc3] }
  /// `mov $target, %rsi`.
  mutating func mov(_ target: VirtualAddress) {
    bytes += [0x48, 0xc7, 0xc6]
    append(UInt32(truncatingIfNeeded: target.rawValue))
  }
  /// `cmp $target, %rsi`.
  mutating func cmp(_ target: VirtualAddress) {
    bytes += [0x48, 0x81, 0xfe]
    append(UInt32(truncatingIfNeeded: target.rawValue))
  }
  /// `movabs $target, %rsi`.
  mutating func movabs(_ target: VirtualAddress) {
    bytes += [0x48, 0xbe]
    append(target.rawValue)
  }
  /// `lea target(%rip), %rsi`.
  mutating func lea(_ target: VirtualAddress) {
    bytes += [0x48, 0x8d, 0x35]
    appendDistance(to: target)
  }
  mutating func call(_ target: VirtualAddress) {
    bytes += [0xe8]
    appendDistance(to: target)
  }
  mutating func jmp(_ target: VirtualAddress) {
    bytes += [0xe9]
    appendDistance(to: target)
  }
  mutating func jne(_ target: VirtualAddress) {
    bytes += [0x0f, 0x85]
    appendDistance(to: target)
  }

  private mutating func appendDistance(to target: VirtualAddress) {
    append(UInt32(truncatingIfNeeded: target.offset(from: start.advanced(by: bytes.count + 4))))
  }

  private mutating func append(_ word: some FixedWidthInteger) {
    bytes += stride(from: 0, to: word.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: word >> $0) }
  }
}

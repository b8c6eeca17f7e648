import ByteKit
import Evidence
import Memory

/// Keeps of a page the words that may be pointers to slab objects.
struct PointerPages: Sendable {
  private let census: Census
  /// What is set in every word before it is compared: where the machine ignores a tag.
  private let tag: UInt64
  /// The addresses from the first slab's to the last's.
  private let base: UInt64
  private let extent: UInt64

  /// Takes the slabs of a census.
  init(_ census: Census, machine: Machine?) {
    self.census = census
    // AArch64 ignores the top byte of a pointer (TBI), and KASAN keeps a tag there.
    tag = machine == .arm64 ? 0xff << 56 : 0
    base = census.slabs.first?.firstPage.rawValue ?? 0
    // A slab is far smaller than what is added here for the last one.
    extent = (census.slabs.last?.firstPage.offset(from: VirtualAddress(base)) ?? 0) &+ 1 << 31
  }

  /// Whether a word may be an address in a slab.
  @inline(__always) func isPointer(_ word: UInt64) -> Bool {
    (word | tag) &- base < extent && census.slab(containing: VirtualAddress(word | tag)) != nil
  }

  /// The page with zeros in place of all other words.
  func reduced(_ page: Bytes) -> Bytes {
    var kept = [UInt8](repeating: 0, count: page.count)
    let span = page.span
    for offset in stride(from: 0, to: page.count - 7, by: 8) {
      guard let word = span.load(UInt64.self, at: offset), isPointer(word) else { continue }
      for byte in 0..<8 {
        kept[offset + byte] = UInt8(truncatingIfNeeded: word >> UInt64(byte * 8))
      }
    }
    return Bytes(kept)
  }
}

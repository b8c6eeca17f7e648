import ByteKit
import KernelImage
import Memory

extension Kernel {
  /// The value of a field of the structure at `base`, or nil when it cannot be read.
  func value(_ field: Field, at base: VirtualAddress) -> UInt64? {
    let place = base.advanced(by: field.offset)
    guard let bytes = try? memory.bytes(at: place, count: field.size) else { return nil }
    return bytes.span.load(field, at: -field.offset)
  }

  /// A number of the structure at `base` that counts something, or nil when it cannot be read.
  func count(_ field: Field?, at base: VirtualAddress) -> Int? {
    field.flatMap { value($0, at: base) }.flatMap { Int(exactly: $0) }
  }

  /// A pointer in the structure at `base`, without a tag; nil for NULL and for what cannot be read.
  func pointer(_ field: Field?, at base: VirtualAddress) -> VirtualAddress? {
    guard let raw = field.flatMap({ value($0, at: base) }), raw != 0 else { return nil }
    return machine.untagged(VirtualAddress(raw))
  }
}

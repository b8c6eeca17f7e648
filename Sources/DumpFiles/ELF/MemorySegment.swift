/// A run of physical addresses, and where the file has what is in the memory there.
struct MemorySegment: Sendable {
  /// Where its first byte is in the file.
  let fileOffset: UInt64
  /// The physical address of its first byte.
  let address: UInt64
  /// How many bytes the file holds of it.
  let fileSize: UInt64
  /// How many bytes it has; what the file does not hold was left out.
  let memorySize: UInt64
}

/// Some slots of a census: a bit for each.
public struct SlotSet: Hashable, Sendable {
  @usableFromInline internal var bits: [UInt64]

  /// A set of slots below `slotCount`, empty.
  public init(slotCount: Int = 0) {
    bits = Array(repeating: 0, count: (max(0, slotCount) + 63) / 64)
  }

  /// Whether a slot is in the set; no slot beyond the census is.
  @inlinable @inline(__always) public func contains(_ slot: Int) -> Bool {
    slot >= 0 && slot / 64 < bits.count && bits[slot / 64] >> UInt64(slot % 64) & 1 != 0
  }

  /// Adds a slot and returns whether it was not in the set; one beyond the census is not added.
  @discardableResult public mutating func insert(_ slot: Int) -> Bool {
    guard slot >= 0, slot / 64 < bits.count else { return false }
    let bit = UInt64(1) << UInt64(slot % 64)
    guard bits[slot / 64] & bit == 0 else { return false }
    bits[slot / 64] |= bit
    return true
  }
}

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

  /// The slots in the set, ascending.
  public var slots: [UInt32] {
    var slots: [UInt32] = []
    for (number, word) in bits.enumerated() where word != 0 {
      var rest = word
      while rest != 0 {
        slots.append(UInt32(truncatingIfNeeded: number * 64 + rest.trailingZeroBitCount))
        rest &= rest &- 1
      }
    }
    return slots
  }

  /// A set of some slots below `slotCount`; others are left out.
  public init(_ slots: some Sequence<UInt32>, slotCount: Int) {
    self.init(slotCount: slotCount)
    for slot in slots { insert(Int(slot)) }
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

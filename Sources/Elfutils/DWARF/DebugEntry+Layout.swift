internal import CElfutils

/// The numbers that lay out a type, in all the ways DWARF 2 to 5 write them.
extension DebugEntry {
  /// Larger sizes and offsets are damage: no object of a kernel has 1 TiB.
  private static let largest: UInt64 = 1 << 40

  /// The entry that describes the type: one in a type unit, where this only carries its mark.
  var described: DebugEntry { reference(DW_AT_signature) ?? self }

  /// Its size in bytes.
  var byteSize: Int? {
    unsigned(DW_AT_byte_size).flatMap { $0 < Self.largest ? Int($0) : nil }
  }

  /// The size of the type behind its other names, in bytes.
  private var storageSize: Int? {
    var entry = self
    // A chain of names that is longer would be damage.
    for _ in 0..<32 {
      if let size = entry.byteSize { return size }
      guard let target = entry.reference(DW_AT_type) else { return nil }
      entry = target
    }
    return nil
  }

  /// How many elements this dimension of an array has; nil for a flexible array member.
  var elementCount: Int? {
    if let count = unsigned(DW_AT_count) { return count < Self.largest ? Int(count) : nil }
    // An upper bound of -1, whatever its size, is that of an array of no elements.
    guard let bound = unsigned(DW_AT_upper_bound) else { return nil }
    if bound == .max || bound == UInt64(UInt32.max) { return 0 }
    return bound < Self.largest ? Int(bound) + 1 : nil
  }

  /// Where a member begins and, for a bit field, how wide it is, in bits; nil when damaged.
  ///
  /// Bits are counted from the least significant one of the first byte, as memory is little-endian.
  func memberBits(type: DebugEntry?) -> (offset: Int, size: Int?)? {
    let size = unsigned(DW_AT_bit_size).flatMap { $0 <= 128 ? Int($0) : nil }
    if let bits = unsigned(DW_AT_data_bit_offset) {
      return bits < Self.largest ? (Int(bits), size) : nil
    }
    guard let location = memberLocation, location < Self.largest else { return nil }
    let start = Int(location) * 8
    // DWARF 2 and 3 count from the most significant bit of a storage unit that `size` is cut from.
    guard let size, let skipped = unsigned(DW_AT_bit_offset), skipped <= 128,
      let unit = byteSize ?? type?.storageSize, unit <= 16, unit * 8 >= Int(skipped) + size
    else { return (start, size) }
    return (start + unit * 8 - Int(skipped) - size, size)
  }

  /// Where a member begins, in bytes; members of a union need not say it.
  private var memberLocation: UInt64? {
    guard has(DW_AT_data_member_location) else { return 0 }
    if let offset = unsigned(DW_AT_data_member_location) { return offset }
    guard let expression = expression(DW_AT_data_member_location),
      expression.first == UInt8(DW_OP_plus_uconst)
    else { return nil }
    var value: UInt64 = 0
    for (index, byte) in expression.dropFirst().prefix(9).enumerated() {
      value |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}

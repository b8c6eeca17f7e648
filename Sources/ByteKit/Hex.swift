extension FixedWidthInteger where Self: UnsignedInteger {
  /// `0x` and lower-case digits, as many as the value needs.
  public var hex: String { "0x" + String(self, radix: 16) }

  /// `0x` and lower-case digits, padded to the width of the type: 16 of them for a `UInt64`.
  public var paddedHex: String {
    let digits = String(self, radix: 16)
    return "0x" + String(repeating: "0", count: Self.bitWidth / 4 - digits.count) + digits
  }
}

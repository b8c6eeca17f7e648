/// Words read as numbers.
extension Line {
  /// A word that is a decimal number, with or without a sign.
  func decimal(_ index: Int) -> Int? {
    guard index < count else { return nil }
    let word = words[index]
    if word.shape == .digit { return Decimal.value(of: bytes, in: word.range) }
    guard bytes[Int(word.start)] == UInt8(ascii: "-"), word.count > 1,
      let magnitude = Decimal.value(of: bytes, in: (Int(word.start) + 1)..<Int(word.end))
    else { return nil }
    return -magnitude
  }

  /// A word that is a count: decimal, not negative.
  func natural(_ index: Int) -> Int? {
    guard index < count, words[index].shape == .digit else { return nil }
    return Decimal.value(of: bytes, in: words[index].range)
  }

  /// A word of hexadecimal digits only.
  func hexadecimal(_ index: Int) -> UInt64? {
    guard index < count, words[index].shape.isWithin(.hexadecimal) else { return nil }
    return Hexadecimal.value(of: bytes, in: words[index].range)
  }

  /// A word that is a kernel address, without `0x`: as wide as a pointer, in the kernel's half.
  func address(_ index: Int) -> UInt64? {
    guard index < count, words[index].shape.isWithin(.hexadecimal) else { return nil }
    return KernelAddress.value(of: bytes, in: words[index].range)
  }

  /// A kernel address as people type it, with or without `0x`.
  func typedAddress(_ index: Int) -> UInt64? {
    guard index < count else { return nil }
    let word = words[index]
    guard self.word(index, startsWith: "0x") else { return address(index) }
    return KernelAddress.value(of: bytes, in: (Int(word.start) + 2)..<Int(word.end))
  }
}

/// Decimal digits.
enum Decimal {
  /// The value of the digits in `range`; nil when there is anything else, or too many.
  static func value(of bytes: [UInt8], in range: Range<Int>) -> Int? {
    guard !range.isEmpty, range.count <= 18 else { return nil }
    var value = 0
    for position in range {
      let digit = Int(bytes[position]) - 0x30
      guard digit >= 0, digit <= 9 else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// The value of a number that may have thousands separators, such as `1,723,323`.
  static func separatedValue(of word: ArraySlice<UInt8>) -> Int? {
    let digits = word.filter { $0 != UInt8(ascii: ",") }
    return value(of: digits, in: digits.indices)
  }
}

/// Hexadecimal digits.
enum Hexadecimal {
  /// The value of the digits in `range`, lower or upper case; nil when there is anything else.
  @inline(__always) static func value(of bytes: [UInt8], in range: Range<Int>) -> UInt64? {
    guard !range.isEmpty, range.count <= 16 else { return nil }
    var value: UInt64 = 0
    for position in range {
      let byte = bytes[position]
      // Letters lose their case; digits have the bit set already.
      let lower = byte | 0x20
      let digit: UInt8
      if byte &- 0x30 < 10 {
        digit = byte &- 0x30
      } else if lower &- 0x61 < 6 {
        digit = lower &- 0x57
      } else {
        return nil
      }
      value = value << 4 | UInt64(digit)
    }
    return value
  }
}

/// Addresses as crash prints them.
enum KernelAddress {
  /// The value of hexadecimal digits that can be a kernel address.
  ///
  /// Sixteen digits that begin with `f` on 64-bit machines, or eight of the upper half of a
  /// 32-bit one that are not a decimal number as well.
  @inline(__always) static func value(of bytes: [UInt8], in range: Range<Int>) -> UInt64? {
    if range.count == 16 {
      guard bytes[range.lowerBound] == UInt8(ascii: "f") else { return nil }
      return Hexadecimal.value(of: bytes, in: range)
    }
    guard range.count == 8, bytes[range.lowerBound] >= UInt8(ascii: "8"),
      range.contains(where: { bytes[$0] > UInt8(ascii: "9") })
    else { return nil }
    return Hexadecimal.value(of: bytes, in: range)
  }
}

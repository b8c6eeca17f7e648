/// Sorts indices by their keys with a radix sort, which for the 200,000 symbols of a kernel is ten
/// times as fast as comparing them.
enum RadixSort {
  private static let digitBits: UInt64 = 11
  private static let digits = 1 << Int(digitBits)

  /// `order` rearranged so that `keys[order[0]]` is the least; equal keys keep their order.
  static func sorted(_ order: [UInt32], by keys: [UInt64]) -> [UInt32] {
    var differing: UInt64 = 0
    if let first = keys.first { for key in keys { differing |= key ^ first } }
    var from = order
    var to = order
    var shift: UInt64 = 0
    while shift < 64 {
      defer { shift += digitBits }
      // A digit that all keys share does not change the order.
      guard differing >> shift & UInt64(digits - 1) != 0 else { continue }
      var starts = [Int](repeating: 0, count: digits + 1)
      for key in keys { starts[Self.digit(of: key, at: shift) + 1] += 1 }
      for digit in 0..<digits { starts[digit + 1] += starts[digit] }
      for index in from {
        let digit = Self.digit(of: keys[Int(index)], at: shift)
        to[starts[digit]] = index
        starts[digit] += 1
      }
      swap(&from, &to)
    }
    return from
  }

  private static func digit(of key: UInt64, at shift: UInt64) -> Int {
    Int(truncatingIfNeeded: key >> shift) & (digits - 1)
  }
}

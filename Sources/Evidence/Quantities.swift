extension Int {
  /// The number with a comma between thousands: `1,234,567`.
  package var grouped: String {
    var digits = Array(String(magnitude))
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return (self < 0 ? "-" : "") + String(digits)
  }

  /// The number as a size in bytes: `512 B`, `7.3 MiB`.
  package var byteSize: String {
    var value = Double(magnitude)
    var unit = 0
    // 1023.95 would be printed as 1024.0.
    while value >= (unit == 0 ? 1024 : 1023.95), unit + 1 < Self.units.count {
      value /= 1024
      unit += 1
    }
    let sign = self < 0 ? "-" : ""
    guard unit > 0 else { return "\(self) B" }
    let tenths = Int((value * 10).rounded())
    return "\(sign)\((tenths / 10).grouped).\(tenths % 10) \(Self.units[unit])"
  }

  private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

  /// The number with a noun: `1 object`, `2 objects`.
  package func counted(_ singular: String, _ plural: String? = nil) -> String {
    "\(grouped) \(self == 1 ? singular : plural ?? singular + "s")"
  }
}

extension Int? {
  /// The number with a comma between thousands, or `?` when it is not known.
  package var grouped: String { map(\.grouped) ?? "?" }

  /// The number as a size in bytes, or `?` when it is not known.
  package var byteSize: String { map(\.byteSize) ?? "?" }
}

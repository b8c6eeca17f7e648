import ArgumentParser

/// By how much something may grow: `10%`.
struct Tolerance: ExpressibleByArgument {
  let share: Double

  var defaultValueDescription: String { "\(Int(share * 100))%" }

  init(share: Double) { self.share = share }

  init?(argument: String) {
    // Without the sign 10 may be meant as 10 % or as tenfold.
    guard argument.hasSuffix("%"), let number = Double(argument.dropLast()), number.isFinite,
      number >= 0
    else { return nil }
    share = number / 100
  }
}

/// A number of bytes: `65536`, `64K`, `1M`, `2G`, with or without `iB` or `B` behind.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  var defaultValueDescription: String { "\(bytes)" }

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let unit = argument[digits.endIndex...].lowercased()
    let shifts = ["": 0, "b": 0, "k": 10, "kib": 10, "m": 20, "mib": 20, "g": 30, "gib": 30]
    guard let number = Int(digits), let shift = shifts[unit] else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    guard !overflow else { return nil }
    self.bytes = bytes
  }
}

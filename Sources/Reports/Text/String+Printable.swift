extension String {
  /// The text with control characters shown as `\x1b`: a damaged dump must not drive a terminal.
  var printable: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var shown = ""
    for scalar in unicodeScalars {
      if scalar.isControl {
        let digits = String(scalar.value, radix: 16)
        shown += "\\x" + (digits.count < 2 ? "0" : "") + digits
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { properties.generalCategory == .control }
}

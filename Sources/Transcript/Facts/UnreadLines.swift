/// The parts of a text that were not understood.
public struct UnreadLines: Hashable, Sendable {
  /// Lines of which nothing was understood.
  public private(set) var lines = 0
  /// Lines of which only some words were understood.
  public private(set) var partial = 0
  /// Where they lie in the text, in bytes from its start, with neighbours joined.
  public private(set) var ranges: [Range<Int>] = []

  mutating func append(_ source: Range<Int>, partly: Bool) {
    if partly { partial += 1 } else { lines += 1 }
    // A line end of one or two bytes stands between neighbours.
    if let last = ranges.last, source.lowerBound <= last.upperBound + 2 {
      ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, source.upperBound)
    } else {
      ranges.append(source)
    }
  }
}

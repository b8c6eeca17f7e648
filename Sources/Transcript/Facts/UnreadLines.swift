public import ByteKit

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

  /// Hands over the lines, each with its number in the text; control characters are left out.
  public func forEachLine(
    of text: Bytes, _ body: (_ number: Int, _ line: String) throws -> Void
  ) rethrows {
    var number = 1
    var position = 0
    for range in ranges {
      let between = text.slice(position..<max(position, range.lowerBound))?.array ?? []
      number += between.count { $0 == 0x0a }
      let part = text.slice(range)?.array ?? []
      for line in part.split(separator: 0x0a, omittingEmptySubsequences: false) {
        let shown = line.filter { $0 >= 0x20 && $0 != 0x7f }
        if !shown.isEmpty { try body(number, String(decoding: shown, as: UTF8.self)) }
        number += 1
      }
      number -= 1
      position = range.upperBound
    }
  }
}

import ByteKit
import Memory

/// The runs of printable characters in a page.
enum TextRun {
  /// Whether a byte is printable ASCII or white space: what others may take for text.
  static func isPrintable(_ byte: UInt8) -> Bool { isSpace(byte) || byte >= 0x20 && byte < 0x7f }

  /// Whether a byte is white space other than a blank: a tab, the end of a line or a page.
  static func isSpace(_ byte: UInt8) -> Bool { (0x09...0x0d).contains(byte) }

  /// All runs of at least so many characters, by their offsets.
  ///
  /// Shorter ones count at the page's ends, where they may go on.
  static func all(in page: [UInt8], atLeast shortest: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for (offset, byte) in page.enumerated() {
      if isPrintable(byte) {
        start = start ?? offset
      } else if let first = start {
        if offset - first >= shortest || first == 0 { runs.append(first..<offset) }
        start = nil
      }
    }
    if let start { runs.append(start..<page.count) }
    return runs
  }
}

/// A run of printable characters with what belongs to it in the pages before and behind.
struct WholeText {
  /// The characters.
  let characters: [UInt8]
  /// How many of them are in the page before.
  let before: Int
  /// Where the run is in its page.
  let run: Range<Int>

  /// No name is longer.
  private static let longest = 512

  /// The number of characters.
  var count: Int { characters.count }

  /// Reads what belongs to a run of a page that begins or ends with it.
  init(_ run: Range<Int>, of frame: PageFrame, in memory: any PhysicalMemory, page: [UInt8]) {
    var front: [UInt8] = []
    var back: [UInt8] = []
    if run.lowerBound == 0, frame.rawValue > 0,
      let other = try? memory.page(PageFrame(frame.rawValue - 1)).array
    {
      front = Array(
        other.suffix(Self.longest).reversed().prefix(while: TextRun.isPrintable).reversed())
    }
    if run.upperBound == page.count,
      let other = try? memory.page(PageFrame(frame.rawValue + 1)).array
    {
      back = Array(other.prefix(Self.longest).prefix(while: TextRun.isPrintable))
    }
    characters = front + page[run] + back
    before = front.count
    self.run = run
  }

  /// The parts between white space.
  var parts: [ArraySlice<UInt8>] { characters.split(whereSeparator: TextRun.isSpace) }

  /// The part of the page that some characters take.
  func place(of characters: Range<Int>) -> Range<Int> {
    let start = run.lowerBound - before
    return (start + characters.lowerBound..<start + characters.upperBound).clamped(to: run)
  }
}

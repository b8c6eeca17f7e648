import ByteKit

/// Reads saved texts of one case: crash sessions and what was pasted beside them.
///
/// A line is read by its words, whatever stands before and behind them, so that rows are found in
/// prose and in lines that several rows were pasted into. What is not understood is counted.
public struct SessionReader: Sendable {
  /// What each kernel's part of the texts says, in the order of the texts.
  public private(set) var sessions: [SessionFacts] = []
  /// The texts, in the order they were read.
  public private(set) var texts: [SavedText] = []
  /// What was not understood, for each text.
  public private(set) var unread: [UnreadLines] = []
  /// The number of lines with words, of all texts.
  public private(set) var lineCount = 0

  var facts = SessionFacts()
  var state = ReadingState()
  var input = ""
  var cacheIndex: [UInt64: Int] = [:]
  var row = MemoryRow()
  var isNewSnapshot = true
  /// The banner that is being read.
  var banner: Banner?

  /// Starts with no text.
  public init() {}

  /// Reads one text.
  public mutating func read(_ text: SavedText) {
    texts.append(text)
    input = text.name
    state = ReadingState()
    isNewSnapshot = true
    var unread = UnreadLines()
    var reader = LineReader(text.bytes, encoding: TextEncoding(of: text.bytes))
    var line = Line()
    while true {
      readCommonLines(&reader)
      guard reader.next(&line) else { break }
      lineCount += 1
      let skipped = read(line)
      if skipped > 0 { unread.append(line.source, partly: skipped < line.count) }
    }
    settleBanner()
    if let banner { facts.banner.merge(banner) }
    banner = nil
    closeBlock()
    self.unread.append(unread)
  }

  /// Ends reading and returns what each kernel's part of the texts says.
  public mutating func finish() -> [SessionFacts] {
    endSession()
    return sessions
  }

  /// Begins a new session when another kernel's banner comes.
  mutating func endSession() {
    closeBlock()
    if !facts.isEmpty { sessions.append(facts) }
    facts = SessionFacts()
    cacheIndex = [:]
    state.begin(nil)
  }

  /// Reads the two kinds of lines that large texts consist of, as long as they follow one another.
  private mutating func readCommonLines(_ reader: inout LineReader) {
    guard banner?.tellsKernel != true else { return }
    if state.section == .objects {
      while let object = reader.nextObject() {
        append(object.address, object.mark)
        lineCount += 1
      }
    }
    if state.readsPlainMemory {
      while reader.nextMemory(&row) {
        appendRow()
        lineCount += 1
      }
    }
  }

  /// Reads a line; returns how many of its words were not understood.
  private mutating func read(_ line: Line) -> Int {
    if readSession(line) { return 0 }
    settleBanner()
    if state.section == .objects, readObject(line) { return 0 }
    if state.block != nil, let end = readBlock(line) {
      return end < line.count ? readWords(line, from: end) : 0
    }
    return readOther(line)
  }

  /// Reads a line that is no object alone; addresses that follow the beginning of something else
  /// are none of the slab's.
  private mutating func readOther(_ line: Line) -> Int {
    let isListing = state.section == .objects
    let objects = facts.objects.count
    if readWholeLine(line) {
      if isListing { endObjects() }
      return 0
    }
    let skipped = readWords(line, from: 0)
    if isListing, line.address(0) != nil, objects == facts.objects.count { endObjects() }
    return skipped
  }

  /// Ends the list of a slab's objects, if there is one.
  mutating func endObjects() {
    guard state.section == .objects else { return }
    state.section = .none
    state.slab = nil
  }

  /// An object of a slab, with whatever a person wrote behind it.
  private mutating func readObject(_ line: Line) -> Bool {
    guard let address = ObjectLine.bracketed(line, at: 0) else { return false }
    guard line.count == 1 || !line.words[1].shape.contains(.bracket) && line.address(1) == nil
    else { return false }
    append(address, .allocated)
    return true
  }

  /// Reads the words from one on, wherever facts begin; returns how many meant nothing.
  private mutating func readWords(_ line: Line, from start: Int) -> Int {
    var index = start
    var skipped = 0
    while index < line.count {
      let words = readFact(line, at: index)
      if words == 0 {
        skipped += 1
        index += 1
      } else {
        index += words
      }
    }
    return skipped
  }
}

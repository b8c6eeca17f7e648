import ByteKit

/// Cuts a text into lines and the lines into words, cleaning those that need it.
///
/// Memory for one block of the text, whatever its size. A carriage return ends a line as a line
/// feed does: what a terminal would have overwritten is seen as a line of its own.
struct LineReader {
  private static let blockSize = 1 << 20

  private let text: Bytes
  private let encoding: TextEncoding
  private let classes: [UInt8]
  private let plainClasses: [UInt8]

  private var block: [UInt8] = []
  private var blockStart = 0
  /// Where in the block the next line begins.
  private var position = 0
  private var lineNumber = 1

  /// A cleaned line, which may have become several.
  private var cleaned: [UInt8] = []
  private var cleanedPosition = 0
  private var cleanedSource = 0..<0
  private var cleanedNumber = 0

  /// Starts at the beginning of a text.
  init(_ text: Bytes, encoding: TextEncoding) {
    self.text = text
    self.encoding = encoding
    classes = CharacterClasses.table(
      cleaning: ("&\\" + (encoding.isHTML ? "<" : "") + (encoding.isQuotedPrintable ? "=" : ""))
        .utf8)
    plainClasses = CharacterClasses.table(cleaning: "".utf8)
  }

  /// Reads the next line that has words; returns false at the end of the text.
  mutating func next(_ line: inout Line) -> Bool {
    while true {
      if cleanedPosition < cleaned.count {
        if nextCleaned(&line) { return true }
        continue
      }
      if position >= block.count, !nextBlock() { return false }
      let start = position
      line.number = lineNumber
      if let end = cut(&line) {
        line.source = (blockStart + start)..<(blockStart + end)
        if line.count > 0 { return true }
      } else {
        // Otherwise the cleaned bytes, which `line` may still refer to, would be copied.
        line.bytes = []
        clean(from: start)
      }
    }
  }

  /// Cuts the line at `position` into words; returns its end, or nil when it has to be cleaned.
  private mutating func cut(_ line: inout Line) -> Int? {
    line.removeWords()
    var index = skipQuoteMarks(from: position)
    let limit = block.count
    while index < limit {
      var kind = classes[Int(block[index])]
      if kind == CharacterClasses.blank {
        index += 1
        continue
      }
      let start = index
      var shape: UInt8 = 0
      while kind < CharacterClasses.blank {
        shape |= kind
        index += 1
        guard index < limit else { break }
        kind = classes[Int(block[index])]
      }
      if index > start {
        line.append(
          Word(
            start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: index),
            shape: WordShape(rawValue: shape)))
      }
      if kind == CharacterClasses.special, index < limit {
        guard isLineEnd(block[index]) else { return nil }
        break
      }
    }
    let end = index
    endLine(at: index)
    line.bytes = block
    return end
  }

  /// Reads the next line when it is nothing but an object of a slab, the commonest line by far.
  mutating func nextObject() -> ObjectLine? {
    guard cleanedPosition >= cleaned.count,
      let match = ObjectLine.match(block, at: position)
    else { return nil }
    endLine(at: match.end)
    return match.object
  }

  /// Reads the next line when it is a row of memory in hexadecimal, into `row`.
  mutating func nextMemory(_ row: inout MemoryRow) -> Bool {
    guard cleanedPosition >= cleaned.count, let end = row.matchPlain(block, at: position)
    else { return false }
    endLine(at: end)
    return true
  }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }

  /// Moves behind the line end at `index`.
  private mutating func endLine(at index: Int) {
    position = index
    if position < block.count, block[position] == 0x0d { position += 1 }
    if position < block.count, block[position] == 0x0a {
      position += 1
      lineNumber += 1
    }
  }

  /// Mail quotes lines with `>`, several times over.
  private func skipQuoteMarks(from start: Int) -> Int {
    var index = start
    while index < block.count,
      block[index] == UInt8(ascii: ">") || block[index] == UInt8(ascii: " ")
    { index += 1 }
    return index
  }

  /// Takes the next block of the text, cut behind its last line; returns false at the end.
  private mutating func nextBlock() -> Bool {
    blockStart += block.count
    let end = min(blockStart + Self.blockSize, text.count)
    guard blockStart < end, let bytes = text.slice(blockStart..<end) else { return false }
    block = bytes.array
    position = 0
    if end < text.count {
      let cut =
        block.lastIndex(of: 0x0a) ?? block.lastIndex(of: 0x0d) ?? block.lastIndex(of: 0x20)
      if let cut { block.removeLast(block.count - cut - 1) }
    }
    return true
  }

  /// Cleans the line at `start` for `nextCleaned`.
  private mutating func clean(from start: Int) {
    var end = start
    while end < block.count {
      if isLineEnd(block[end]) {
        let continues =
          encoding.isQuotedPrintable && end > start && block[end - 1] == UInt8(ascii: "=")
        guard continues else { break }
        lineNumber += 1
        if block[end] == 0x0d, end + 1 < block.count, block[end + 1] == 0x0a { end += 1 }
      }
      end += 1
    }
    cleanedSource = (blockStart + start)..<(blockStart + end)
    cleanedNumber = lineNumber
    cleaned.removeAll(keepingCapacity: true)
    cleanedPosition = 0
    var cleaner = LineCleaner(encoding: encoding)
    cleaner.clean(block[start..<end], into: &cleaned)
    cleaned.append(0x0a)
    endLine(at: end)
  }

  /// Cuts the next of the cleaned lines into words; returns false when it has none.
  private mutating func nextCleaned(_ line: inout Line) -> Bool {
    line.removeWords()
    line.number = cleanedNumber
    line.source = cleanedSource
    var index = cleanedPosition
    while index < cleaned.count,
      cleaned[index] == UInt8(ascii: ">") || cleaned[index] == UInt8(ascii: " ")
    { index += 1 }
    while index < cleaned.count, cleaned[index] != 0x0a {
      let start = index
      var shape: UInt8 = 0
      while index < cleaned.count {
        let kind = plainClasses[Int(cleaned[index])]
        // What is special elsewhere is an ordinary character once a line is clean.
        if kind == CharacterClasses.blank || cleaned[index] == 0x0a { break }
        shape |= kind == CharacterClasses.special ? WordShape.other.rawValue : kind
        index += 1
      }
      if index > start {
        line.append(
          Word(
            start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: index),
            shape: WordShape(rawValue: shape)))
      } else {
        index += 1
      }
    }
    cleanedPosition = index + 1
    line.bytes = cleaned
    return line.count > 0
  }
}

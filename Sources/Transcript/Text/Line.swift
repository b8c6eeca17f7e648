/// One line of a session as its words.
struct Line {
  /// The bytes that the words lie in; more than this line.
  var bytes: [UInt8] = []
  /// The words, in order; those behind `count` are left from longer lines.
  private(set) var words: [Word] = []
  /// The number of words.
  private(set) var count = 0
  /// The line's number in the input, counted from 1.
  var number = 0
  /// Where the line lies in the input's bytes, before any cleaning.
  var source = 0..<0

  /// Starts anew, without words.
  mutating func removeWords() { count = 0 }

  /// Adds a word.
  @inline(__always) mutating func append(_ word: Word) {
    if count < words.count { words[count] = word } else { words.append(word) }
    count += 1
  }

  /// The bytes of a word.
  func word(_ index: Int) -> ArraySlice<UInt8> { bytes[words[index].range] }

  /// A word as text.
  func text(_ index: Int) -> String { String(decoding: word(index), as: UTF8.self) }

  /// Words as text, with one blank between them.
  func text(_ range: Range<Int>) -> String {
    guard let first = range.first, let last = range.last else { return "" }
    if range.count == 1 { return text(first) }
    var joined: [UInt8] = []
    for index in first...last {
      if !joined.isEmpty { joined.append(0x20) }
      joined.append(contentsOf: word(index))
    }
    return String(decoding: joined, as: UTF8.self)
  }

  /// Whether there is a word with this index and it reads so.
  func word(_ index: Int, is text: String) -> Bool {
    guard index < count, words[index].count == text.utf8.count else { return false }
    var position = Int(words[index].start)
    for byte in text.utf8 {
      guard bytes[position] == byte else { return false }
      position += 1
    }
    return true
  }

  /// Whether the words from an index on read so; `text` has one blank between words.
  func words(from index: Int, are text: String) -> Bool {
    guard index < count else { return false }
    var index = index
    var position = Int(words[index].start)
    for byte in text.utf8 {
      if byte == 0x20 {
        guard position == Int(words[index].end), index + 1 < count else { return false }
        index += 1
        position = Int(words[index].start)
      } else {
        guard position < Int(words[index].end), bytes[position] == byte else { return false }
        position += 1
      }
    }
    return position == Int(words[index].end)
  }

  /// Whether there is a word with this index and it begins so.
  func word(_ index: Int, startsWith text: String) -> Bool {
    guard index < count, words[index].count >= text.utf8.count else { return false }
    var position = Int(words[index].start)
    for byte in text.utf8 {
      guard bytes[position] == byte else { return false }
      position += 1
    }
    return true
  }

  /// Whether there is a word with this index and it ends so.
  func word(_ index: Int, endsWith text: String) -> Bool {
    guard index < count, words[index].count >= text.utf8.count else { return false }
    var position = Int(words[index].end) - text.utf8.count
    for byte in text.utf8 {
      guard bytes[position] == byte else { return false }
      position += 1
    }
    return true
  }

  /// The index of the first word from `index` on that reads so.
  func firstIndex(of text: String, from index: Int = 0) -> Int? {
    guard index < count else { return nil }
    return (index..<count).first { word($0, is: text) }
  }

  /// How many blanks stand before a word that is not the line's first.
  func gap(before index: Int) -> Int {
    index > 0 && index < count ? Int(words[index].start) - Int(words[index - 1].end) : 0
  }
}

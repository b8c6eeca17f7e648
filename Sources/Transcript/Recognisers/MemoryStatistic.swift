/// A counter of `kmem -V`, `NR_FREE_PAGES: 94786`, or of `/proc/vmstat`, `nr_free_pages 94786`.
enum MemoryStatistic {
  /// A counter that begins at a word and takes the rest of the line: its name in small letters, nil
  /// for events, and its pages.
  static func match(_ line: Line, at index: Int) -> Match<(name: String?, pages: Int)>? {
    guard index + 2 == line.count, let value = line.natural(index + 1), value < 1 << 48 else {
      return nil
    }
    let word = line.word(index)
    if word.last == UInt8(ascii: ":") {
      guard word.dropLast().allSatisfy(isCapital), word.count > 4 else { return nil }
      let name = line.text(index).dropLast().lowercased()
      return Match(fact: (name.hasPrefix("nr_") ? name : nil, value), words: 2)
    }
    guard word.starts(with: "nr_".utf8), word.allSatisfy(SymbolText.isNameCharacter) else {
      return nil
    }
    return Match(fact: (line.text(index), value), words: 2)
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    byte >= 0x41 && byte <= 0x5a || byte >= 0x30 && byte <= 0x39 || byte == UInt8(ascii: "_")
  }
}

internal import Analysis

/// Words of a template that are told together: zeros, words that differ, or the parts of a text.
struct TemplateRun {
  let words: ArraySlice<TemplateWord>

  /// Where the first word begins, in bytes from the start of the object.
  var offset: Int { words.first?.offset ?? 0 }

  /// The offsets, the last one only where a line stands for several separate words.
  var offsets: String {
    guard text == nil, words.count > 1, let last = words.last else { return offset.asOffset }
    return "\(offset.asOffset)..\(last.offset.asOffset)"
  }

  /// What the words are, for people.
  ///
  /// Of a long text only the beginning.
  var meaning: String {
    text.map { $0.quoted } ?? words.first?.shared?.words ?? "differs"
  }

  /// The same with all of a text.
  var wholeMeaning: String { text.map { "\"\($0.printable)\"" } ?? meaning }

  /// Whether the words say something about what the object is.
  var isTelling: Bool {
    switch words.first?.shared {
    case .symbol, .text, .slabPointer: true
    default: false
    }
  }

  /// The text that the words are, if they are text.
  private var text: String? {
    var joined = ""
    for word in words {
      guard case .text(let part) = word.shared else { return nil }
      joined += part
    }
    return joined
  }

  /// Whether a word is told together with the one before it.
  private static func joins(_ word: TemplateWord, _ previous: TemplateWord) -> Bool {
    switch (previous.shared, word.shared) {
    case (nil, nil), (.zero, .zero): true
    // A text goes on only behind a word that is full of it.
    case (.text(let part), .text): part.utf8.count == 8 && word.offset == previous.offset + 8
    default: false
    }
  }

  /// All words of a template, in their order.
  static func all(of template: Template) -> [TemplateRun] {
    let words = template.words
    var runs: [TemplateRun] = []
    var start = words.startIndex
    for index in words.indices {
      let next = index + 1
      if next < words.endIndex, joins(words[next], words[index]) { continue }
      runs.append(TemplateRun(words: words[start..<next]))
      start = next
    }
    return runs
  }
}

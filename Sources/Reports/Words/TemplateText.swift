internal import Analysis
internal import DebugInfo

/// A template in lines, a word each; runs of zeros and of words that differ become one line.
enum TemplateText {
  /// The lines, without the spaces that set them in.
  static func lines(_ template: Template, structure: Structure?) -> [String] {
    let rows = runs(template.words).map { row($0, structure) }
    let offsetWidth = rows.reduce(0) { max($0, $1.offset.count) }
    let memberWidth = rows.reduce(0) { max($0, $1.member.count) }
    return rows.map { row in
      let offset = row.offset.padded(to: offsetWidth + 2)
      let member = memberWidth == 0 ? "" : row.member.padded(to: memberWidth + 2)
      return offset + member + row.meaning
    }
  }

  /// Splits words where one of them is worth a line of its own.
  private static func runs(_ words: [TemplateWord]) -> [ArraySlice<TemplateWord>] {
    var runs: [ArraySlice<TemplateWord>] = []
    var start = words.startIndex
    for index in words.indices {
      let next = index + 1
      let joins =
        next < words.endIndex && words[next].shared == words[index].shared
        && (words[index].shared == nil || words[index].shared == .zero)
      if !joins {
        runs.append(words[start..<next])
        start = next
      }
    }
    return runs
  }

  private static func row(
    _ run: ArraySlice<TemplateWord>, _ structure: Structure?
  ) -> (offset: String, member: String, meaning: String) {
    guard let first = run.first, let last = run.last else { return ("", "", "") }
    let meaning = first.shared?.words ?? "differs"
    guard run.count > 1 else {
      return (first.offset.asOffset, structure?.path(at: first.offset) ?? "", meaning)
    }
    return ("\(first.offset.asOffset)..\(last.offset.asOffset)", "", meaning)
  }
}

extension String {
  /// The text with spaces behind it, `width` characters at least.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

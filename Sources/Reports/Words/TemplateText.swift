internal import Analysis
internal import DebugInfo

/// A template in lines, a run of words each.
enum TemplateText {
  /// The lines, without the spaces that set them in; `isWhole` shows all of long texts.
  static func lines(
    _ template: Template, structure: Structure?, isWhole: Bool = false
  ) -> [String] {
    let rows = TemplateRun.all(of: template).map { run in
      let member = run.words.count == 1 ? structure?.path(at: run.offset) : nil
      return (
        offset: run.offsets, member: member ?? "", meaning: isWhole ? run.wholeMeaning : run.meaning
      )
    }
    let offsetWidth = rows.reduce(0) { max($0, $1.offset.count) }
    let memberWidth = rows.reduce(0) { max($0, $1.member.count) }
    return rows.map { row in
      let offset = row.offset.padded(to: offsetWidth + 2)
      let member = memberWidth == 0 ? "" : row.member.padded(to: memberWidth + 2)
      return offset + member + row.meaning
    }
  }
}

extension String {
  /// The text with spaces behind it, `width` characters at least.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

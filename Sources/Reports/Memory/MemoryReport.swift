public import Analysis
public import Evidence
internal import Memory

/// Where the memory went: what it is used for, what the kernel counts of that, and what nothing
/// accounts for.
public struct MemoryReport: Report {
  private let subject: Subject
  private let input: InputDescription
  private let groups: GhostGroups

  /// A report on a kernel's memory.
  public init(_ subject: Subject, input: InputDescription, groups: GhostGroups) {
    self.subject = subject
    self.input = input
    self.groups = groups
  }

  /// The schema `slabscope.memory/1`.
  public func json() throws -> String {
    try EncodedMemoryReport(subject, input: input, groups: groups).jsonDocument()
  }

  /// A table of the account, then the pages that nothing accounts for, then what does not fit.
  public func text(style: TextStyle) -> String {
    guard let account = subject.accounts.last else {
      return "Nothing is known of where the memory went.\n" + CoverageText.remarks(subject)
    }
    let total = account.total.map { "\($0.byteSize), by " } ?? "by "
    return style.strong("Memory: \(total)\(account.source.printable)") + "\n\n"
      + AccountTable(account, input: input).rendered(style: style) + ghosts(style)
      + account.remarks.map { "note: \($0.printable)\n" }.joined() + CoverageText.remarks(subject)
  }

  private static let groupsShown = 8
  private static let linesShown = 6

  /// The blocks by their sizes and what they hold.
  private func ghosts(_ style: TextStyle) -> String {
    guard let ghosts = subject.ghosts, !ghosts.blocks.isEmpty else { return "\n" }
    let title = "\(ghosts.pages.counted("page")) that nothing accounts for"
    var text = "\n" + style.strong(title)
    text += ", in \(ghosts.blocks.count.counted("block")): \(sizes(ghosts))\n"
    if groups.sampled < ghosts.blocks.count {
      text += "\(groups.sampled.grouped) of the blocks were looked at.\n"
    }
    if groups.unread > 0 { text += "\(groups.unread.grouped) of them cannot be read.\n" }
    let telling = groups.groups.filter { $0.blocks.count > 1 && ($0.isTelling || $0.isBlank) }
    for group in telling.prefix(Self.groupsShown) {
      text += self.text(of: group, pageSize: ghosts.pageSize, style)
    }
    let rest = groups.sampled - telling.prefix(Self.groupsShown).reduce(0) { $0 + $1.blocks.count }
    if rest > 0 { text += "  \(rest.counted("block")) of other contents: --format json has more\n" }
    return text + "\n"
  }

  private func sizes(_ ghosts: GhostPages) -> String {
    let sizes = ghosts.sizes.sorted {
      ($1.blocks * $1.pages, $0.pages) < ($0.blocks * $0.pages, $1.pages)
    }
    let shown = sizes.prefix(Self.linesShown).map {
      "\($0.blocks.grouped) of \($0.pages.counted($0.isCompound ? "compound page" : "page"))"
    }
    let more = sizes.count - shown.count
    return (shown + (more > 0 ? ["\(more.counted("other size"))"] : [])).joined(separator: ", ")
  }

  private func text(of group: GhostGroups.Group, pageSize: Int, _ style: TextStyle) -> String {
    var text = style.strong("  \(group.blocks.count.counted("block"))")
    text += ", \((group.pages &* pageSize).byteSize), \(identical(group)) of the first pages equal"
    text += "\n"
    if group.isBlank { text += "    zeros, for the most part\n" }
    for run in TemplateRun.all(of: Template(words: group.told)).prefix(Self.linesShown) {
      text += "    \(run.offsets.padded(to: 12))\(run.meaning)\n"
    }
    let examples = group.blocks.prefix(3).map(\.start.description).joined(separator: " ")
    return text + style.faint("    at \(examples)\(group.blocks.count > 3 ? " …" : "")") + "\n"
  }

  private func identical(_ group: GhostGroups.Group) -> String {
    switch group.identical {
    case group.blocks.count: "all"
    case ...1: "no two"
    default: group.identical.grouped
    }
  }
}

public import Analysis
public import Evidence
internal import Memory

/// The objects of a cache in groups that look the same.
public struct GroupsReport: Report {
  private let subject: Subject
  private let name: String
  private let caches: [CacheGroups]

  /// A report on the groups of the caches that `name` stands for.
  public init(_ subject: Subject, name: String, caches: [CacheGroups]) {
    var subject = subject
    subject.coverage = subject.coverage.adding(caches)
    self.subject = subject
    self.name = name
    self.caches = caches
  }

  /// The schema `slabscope.groups/1`.
  public func json() throws -> String {
    try EncodedGroups(subject, name: name, caches: caches).jsonDocument()
  }

  /// For each cache its largest groups, each with the words that the members share.
  public func text(style: TextStyle) -> String {
    var names = MemberNames(subject)
    let parts = caches.map { text(of: $0, names: &names, style: style) }
    return parts.joined(separator: "\n") + CoverageText.remarks(subject)
  }

  private func text(of groups: CacheGroups, names: inout MemberNames, style: TextStyle) -> String {
    let summaries = GroupSummary.all(of: [groups], in: subject)
    var text = heading(groups, style)
    for summary in summaries.prefix(Self.groupsShown) {
      text += "\n" + self.text(of: summary, names: &names, style: style)
    }
    let rest = summaries.dropFirst(Self.groupsShown)
    if !rest.isEmpty {
      let objects = rest.reduce(0) { $0 + $1.count }
      text += "\n\(rest.count.counted("smaller group")) with \(objects.counted("object")): "
      text += "--format json has them all.\n"
    }
    return text
  }

  private static let groupsShown = 20
  private static let sitesShown = 3

  private func heading(_ groups: CacheGroups, _ style: TextStyle) -> String {
    let cache = subject.census.caches[groups.cache]
    let allocated = subject.census.counts[groups.cache].allocated
    let title =
      cache.name.printable + (cache.knownAddress.map { " (\($0))" } ?? "")
    if subject.census.slabsOfCache[groups.cache].isEmpty,
      let counters = subject.counters.indices.contains(groups.cache)
        ? subject.counters[groups.cache] : nil
    {
      return style.strong(title)
        + ": no object of it is listed; \(counters.source) counts \(counters.allocated.grouped)\n"
    }
    var text = style.strong(title) + ": \(allocated.counted("allocated object")) "
    text += "of \(cache.objectSize.counted("byte")) in slots of \(cache.slotSize.grouped)\n"
    text += parts(groups)
    if groups.unread > 0 {
      text += "\(groups.unread.grouped) of them cannot be read and are in no group.\n"
    }
    let doubtful = subject.census.counts[groups.cache].indeterminate
    if doubtful > 0 {
      text += "Of \(doubtful.grouped) more it is not known whether they are allocated.\n"
    }
    if let sample = groups.sample {
      text += "Numbers are estimates: \(sample.words), were read; --full reads all.\n"
    }
    let skipped = (groups.sample?.objects ?? allocated) - groups.grouped - groups.unread
    if skipped > 0 { text += "\(skipped.grouped) of them were not looked at.\n" }
    return text
  }

  /// What a merged cache is made of, in a line; empty for a cache of its own.
  private func parts(_ groups: CacheGroups) -> String {
    let parts = CacheParts(groups, names: CacheNames(subject), in: subject.census).parts
    guard !parts.isEmpty else { return "" }
    let cache = subject.census.caches[groups.cache]
    let others = cache.names.dropFirst().map(\.printable)
    let merged =
      others.isEmpty
      ? "\((cache.sharers - 1).counted("other")), names unknown" : others.joined(separator: ", ")
    return "Merged with \(merged): " + parts.map(words).joined(separator: ", ") + "\n"
  }

  private func words(_ part: CacheParts.Part) -> String {
    guard let type = part.type ?? part.alias else { return "\(part.count.grouped) not told" }
    let alias = part.alias.map { $0 == type ? "" : " (\($0.printable))" } ?? " (name not told)"
    return "\(part.count.grouped) \(type.printable)\(alias)"
  }

  private func identical(_ group: ObjectGroup) -> String {
    switch group.identical {
    case group.slots.count: "all"
    case ...1: "no two"
    default: group.amount(of: group.identical).words
    }
  }

  private func text(
    of summary: GroupSummary, names: inout MemberNames, style: TextStyle
  ) -> String {
    let group = summary.group
    let bound = summary.isAtLeast ? "at least " : ""
    var text = style.strong(
      "\(bound)\(group.amount.words) × \(summary.label)\(summary.aliasWords)")
    text += ", \(summary.bytes.byteSize)"
    if case .known(_, let size) = group.type { text += ", \(size.counted("byte")) each" }
    if summary.count > 1 { text += ", \(identical(group)) identical" }
    text += "\n"
    let structure = names.structure(of: group.type, template: group.template)
    for line in TemplateText.lines(group.template, structure: structure) {
      text += "    \(line)\n"
    }
    for sentence in summary.sites?.sentences(in: subject.symbols).prefix(Self.sitesShown) ?? [] {
      text += "    \(sentence.printable)\n"
    }
    var examples = "    at " + summary.examples.map(\.description).joined(separator: " ")
    if summary.count > summary.examples.count { examples += " …" }
    return text + style.faint(examples) + "\n"
  }
}

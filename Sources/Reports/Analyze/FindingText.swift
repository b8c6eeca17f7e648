internal import Analysis
internal import DebugInfo
internal import Evidence

/// The few lines on a finding that fit on a screen with others.
enum FindingText {
  /// What identifies the objects, the cause, and what supports the finding; indented lines.
  static func details(
    _ finding: Finding, in subject: Subject, groups: [CacheGroups], names: inout MemberNames
  ) -> String {
    var lines: [String] = []
    let symbols = symbols(of: finding, names: &names)
    if !symbols.isEmpty { lines.append(symbols.joined(separator: "  ")) }
    if let cause = finding.cause { lines.append("cause: \(cause.summary)") }
    let support = [coverage(of: finding, in: subject, groups: groups), finding.evidence.first]
    let said = support.compactMap { $0 }.joined(separator: "; ")
    if !said.isEmpty { lines.append(said) }
    return lines.map { "    \($0.printable)\n" }.joined()
  }

  /// The symbols in the objects, with the members that hold them: `show=seq_show [module]`.
  static func symbols(of finding: Finding, names: inout MemberNames) -> [String] {
    guard let group = finding.groups.first else { return finding.symbols }
    let structure = names.structure(of: group.type, template: group.template)
    let named = group.template.words.compactMap { word -> String? in
      guard case .symbol = word.shared, let shared = word.shared else { return nil }
      return "\(structure?.path(at: word.offset) ?? word.offset.asOffset)=\(shared.words)"
    }
    return named.isEmpty ? finding.symbols : Array(named.prefix(symbolsShown))
  }

  private static let symbolsShown = 6

  /// How much of the finding's cache was looked at, or nil when it is about no cache.
  static func coverage(
    of finding: Finding, in subject: Subject, groups: [CacheGroups]
  ) -> String? {
    guard let address = finding.cache,
      let grouped = groups.first(where: { subject.census.caches[$0.cache].address == address })
    else { return nil }
    let cache = subject.census.caches[grouped.cache].name
    let allocated = subject.census.counts[grouped.cache].allocated
    return grouped.grouped == allocated
      ? "all \(allocated.counted("object")) in \(cache) were read"
      : "\(grouped.grouped.grouped) of \(allocated.counted("object")) in \(cache) were read"
        + (grouped.sample == nil ? "" : ", in slabs chosen at random")
  }
}

public import Analysis
public import Evidence
internal import Memory

/// The one-screen answer: what leaks, the largest caches, and how much was seen.
public struct AnalysisReport: Report {
  private let subject: Subject
  private let input: InputDescription
  private let groups: [CacheGroups]
  private let findings: [Finding]
  private let command: String

  /// A report on what was found out.
  ///
  /// `command` is what the user typed, for a hint at `--explain`.
  public init(
    _ subject: Subject, input: InputDescription, investigation: Investigation, command: String
  ) {
    var subject = subject
    subject.coverage = investigation.coverage
    self.subject = subject
    self.input = input
    groups = investigation.groups
    findings = investigation.findings
    self.command = command
  }

  /// The schema `slabscope.analyze/1`.
  public func json() throws -> String {
    try EncodedAnalysis(subject, input: input, findings: findings).jsonDocument()
  }

  /// The findings, the worst first; then what memory is used for and the largest caches; then what
  /// limits the answer.
  public func text(style: TextStyle) -> String {
    let caches = CacheSummary.all(in: subject)
    let headline = subject.coverage.headline.map { style.strong($0.printable) + "\n\n" } ?? ""
    let memory = subject.accounts.last?.line.map { $0 + "\n\n" } ?? ""
    return headline + answer(caches, style) + "\n" + memory + largest(caches, style) + "\n" + limits
  }

  /// Everything about one finding, or about all of them for `all`; nil when there is no such one.
  public func explanation(of id: String, style: TextStyle) -> String? {
    let wanted = findings.filter { id == "all" || $0.id.lowercased() == id.lowercased() }
    guard !wanted.isEmpty else {
      // All of nothing is no mistake.
      return id == "all" ? nothing(CacheSummary.all(in: subject), style) : nil
    }
    var names = MemberNames(subject)
    let parts = wanted.map { finding in
      FindingExplanation(finding, in: subject, groups: groups).text(names: &names, style: style)
    }
    return parts.joined(separator: "\n")
  }

  /// Why nothing is said of leaks: no page of any slab can be read; nil when something is said.
  public var blindness: String? {
    guard findings.isEmpty, isBlind else { return nil }
    return "none of the \(subject.coverage.slabPages.counted("slab page")) can be read, so nothing "
      + "can be said of leaks"
  }

  /// Whether there are slabs, but no contents of any.
  private var isBlind: Bool {
    subject.coverage.slabPages > 0 && subject.coverage.absentSlabPages == subject.coverage.slabPages
      && !subject.counters.contains { $0 != nil }
  }

  /// The numbers of the findings, the worst first.
  public var findingIDs: [String] { findings.map(\.id) }

  private static let findingsInFull = 3
  private static let findingsListed = 10
  private static let cachesShown = 10

  private func answer(_ caches: [CacheSummary], _ style: TextStyle) -> String {
    guard !findings.isEmpty else { return nothing(caches, style) }
    let listed = findings.prefix(Self.findingsListed)
    let titles = listed.enumerated().map { position, finding in
      (isInFull(finding, at: position) ? "" : finding.id + "  ") + finding.title.printable
    }
    let width = titles.reduce(0) { max($0, min($1.count, Self.titleWidth)) }
    var names = MemberNames(subject)
    var text = ""
    for (position, (finding, title)) in zip(listed, titles).enumerated() {
      text += style.strong(title.padded(to: width)) + "  \(style.label(finding.certainty))\n"
      guard isInFull(finding, at: position) else { continue }
      text += FindingText.details(finding, in: subject, groups: groups, names: &names)
      text += "    more: \(position == 0 ? command + " " : "")--explain \(finding.id)\n"
    }
    let more = findings.count - listed.count
    if more > 0 { text += "and \(more.counted("finding")) more: --explain all\n" }
    return text
  }

  /// The first finding is told in full whatever it is; some more are unless they are but hints.
  private func isInFull(_ finding: Finding, at position: Int) -> Bool {
    position == 0 || position < Self.findingsInFull && finding.certainty != .hint
  }

  /// A title longer than this does not move the certainties of the others to the right.
  private static let titleWidth = 110

  /// The first line when no rule found anything.
  private func nothing(_ caches: [CacheSummary], _ style: TextStyle) -> String {
    // Caches of a dump of which none could be walked say nothing of leaks either.
    guard !caches.isEmpty, !subject.counters.isEmpty || caches.contains(where: { $0.counts != nil })
    else {
      let sentence =
        input.files.contains { $0.format.hasPrefix("text") }
        ? "The text shows no slab caches, and no rule found anything in what it counts."
        : "The slab caches could not be found, so nothing can be said of leaks."
      return style.strong(sentence) + "\n"
    }
    if let blindness {
      return style.strong(blindness.prefix(1).uppercased() + blindness.dropFirst() + ".") + "\n"
    }
    let names = caches.prefix(3).map { "\($0.cache.name.printable) (\($0.bytes.byteSize))" }
    let sentence =
      subject.census.slabs.isEmpty && !subject.counters.isEmpty
      ? "The text counts objects and shows none; no count is out of proportion."
      : "No known leak pattern was found" + (isPartial ? " in what could be read." : ".")
    return style.strong(sentence) + " The largest caches are "
      + names.joined(separator: ", ") + ".\n"
  }

  /// Whether slabs may have been missed, or objects were not looked at.
  private var isPartial: Bool {
    subject.coverage.unknownFrames > 0 || subject.coverage.isStopped
  }

  private func largest(_ caches: [CacheSummary], _ style: TextStyle) -> String {
    guard !caches.isEmpty else { return "" }
    var table = TextTable([
      .text("LARGEST CACHES"), .number("BYTES"), .number("ALLOCATED"), .number("UNKNOWN"),
      .text("LARGEST GROUP"),
    ])
    let groups = Dictionary(self.groups.map { ($0.cache, $0) }) { first, _ in first }
    for summary in caches.prefix(Self.cachesShown) {
      let largest = groups[summary.index]?.groups.max { $0.slots.count < $1.slots.count }
      let group = largest.map { GroupSummary($0, in: subject) }
      table.add([
        summary.cache.name, summary.bytes.byteSize, (summary.counts?.allocated).grouped,
        (summary.counts?.indeterminate).grouped,
        group.map { "\($0.group.amount.words) × \($0.label)" } ?? "not grouped",
      ])
    }
    return table.rendered(style: style)
  }

  /// What was looked at, and what could not be.
  private var limits: String {
    let kernel = [input.kernel.release, input.kernel.machine?.rawValue].compactMap { $0 }
    let name = kernel.isEmpty ? "Kernel not known" : "Kernel " + kernel.joined(separator: " ")
    return "\(name.printable). \(CoverageText.pages(subject))\n" + CoverageText.remarks(subject)
  }
}

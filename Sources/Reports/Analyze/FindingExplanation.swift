internal import Analysis
internal import DebugInfo
internal import Evidence
internal import Memory

/// Everything about one finding, for somebody who has to believe it or to act on it.
struct FindingExplanation {
  private let finding: Finding
  private let subject: Subject
  private let groups: [CacheGroups]

  init(_ finding: Finding, in subject: Subject, groups: [CacheGroups]) {
    self.finding = finding
    self.subject = subject
    self.groups = groups
  }

  /// Sections with a heading each; a section that has nothing to say is left out.
  func text(names: inout MemberNames, style: TextStyle) -> String {
    var text = style.strong("\(finding.id)  \(finding.title.printable)")
    text += "  \(style.label(finding.certainty))\n"
    for (heading, lines) in sections(names: &names) where !lines.isEmpty {
      text += "\n" + style.strong(heading) + "\n"
      for line in lines { text += "    \(line.printable)\n" }
    }
    return text
  }

  private func sections(names: inout MemberNames) -> [(String, [String])] {
    [
      ("How sure", [certainty]),
      ("How much", amounts),
      ("Evidence", finding.evidence),
      ("Cause", cause),
      ("What the objects share", template(names: &names)),
      ("Examples", examples),
      ("Check it by hand", finding.verify.map { "\($0.tool)> \($0.command)" }),
      (
        "Known as",
        [
          "rule \(finding.rule), whose manual slabscope rules \(finding.rule) prints",
          "fingerprint \(finding.fingerprint)",
        ]
      ),
    ]
  }

  private var certainty: String {
    finding.grounds.map { "\(finding.certainty.rawValue): \($0)" } ?? finding.certainty.meaning
  }

  private var amounts: [String] {
    var lines = [
      "\(bound)\(finding.count.grouped) \(finding.count == 1 ? "object" : "objects"), "
        + finding.bytes.byteSize
    ]
    if let name = finding.cacheName, let address = finding.cache {
      lines[0] += " in \(name) (\(address))"
    }
    if let coverage = FindingText.coverage(of: finding, in: subject, groups: groups) {
      lines.append(coverage)
    }
    if let group = finding.groups.first, group.identical > 1 {
      lines.append("\(group.identical.grouped) of them are equal byte for byte")
    }
    return lines
  }

  /// What the number of objects is, if it is not exact.
  private var bound: String {
    finding.isAtLeast ? "at least " : finding.sample == nil ? "" : "about "
  }

  private var cause: [String] {
    guard let cause = finding.cause else { return [] }
    return [cause.summary]
      + cause.chain.enumerated().map { number, step in
        let module = step.module.map { " [\($0)]" } ?? ""
        let line = step.line.map { ":\($0)" } ?? ""
        let place = step.file.map { " (\($0)\(line))" } ?? ""
        return "\(number + 1). \(step.symbol)\(module)\(place): \(step.how)"
      }
  }

  private func template(names: inout MemberNames) -> [String] {
    finding.groups.prefix(Self.groupsShown).flatMap { group -> [String] in
      let summary = GroupSummary(group, in: subject)
      let structure = names.structure(of: group.type, template: group.template)
      var title = "\(group.amount.words) × \(summary.label)"
      if case .known(_, let size) = group.type { title += ", \(size.counted("byte"))" }
      return [title]
        + TemplateText.lines(group.template, structure: structure, isWhole: true)
        .map { "  " + $0 }
    }
  }

  private static let groupsShown = 5

  private var examples: [String] {
    finding.examples(in: subject.census).map(\.description)
  }
}

extension Finding {
  /// The addresses of a few of the objects it is about.
  func examples(in census: Census) -> [VirtualAddress] {
    GroupSummary.examples(of: groups.first?.slots ?? slots, in: census)
  }
}

extension Certainty {
  /// What the word promises.
  var meaning: String {
    switch self {
    case .proven:
      "proven: nothing refers to the objects any more, and the defect in the code is located"
    case .definite:
      "definite: a scan of all kernel memory in the dump found no reference that could keep the "
        + "objects, or their counts are higher than their holders"
    case .probable:
      "probable: the objects fit a known leak pattern; whether something still refers to them was "
        + "not or not completely checked"
    case .possible: "possible: told from a sample or from counters, not from every object"
    case .hint: "hint: unusual, no more; it need not be a leak"
    }
  }
}

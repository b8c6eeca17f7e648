public import Analysis

/// The catalogue of what findings can be made.
public struct RulesReport: Report {
  private let rules: [any Rule]

  /// A report on some rules, in the order in which they are listed.
  public init(_ rules: [any Rule]) { self.rules = rules }

  /// The schema `slabscope.rules/1`.
  public func json() throws -> String { try EncodedRules(rules).jsonDocument() }

  /// A line for each rule.
  public func text(style: TextStyle) -> String {
    var table = TextTable([.text("RULE"), .text("WHAT IT FINDS")])
    for rule in rules { table.add([rule.name, rule.summary]) }
    return table.rendered(style: style)
      + "\nslabscope rules RULE prints the manual of one.\n"
  }
}

/// The manual of a rule.
public struct RuleManual: Report {
  private let rule: any Rule

  /// The manual of one rule.
  public init(_ rule: any Rule) { self.rule = rule }

  /// The schema `slabscope.rules/1`, with one rule.
  public func json() throws -> String { try EncodedRules([rule]).jsonDocument() }

  /// The name, the summary and the manual.
  public func text(style: TextStyle) -> String {
    let manual = rule.manual.hasSuffix("\n") ? rule.manual : rule.manual + "\n"
    return style.strong(rule.name) + ": \(rule.summary)\n\n" + manual
  }
}

/// The schema `slabscope.rules/1`.
struct EncodedRules: Encodable, Sendable {
  struct Rule: Encodable, Sendable {
    let name: String
    let summary: String
    let manual: String
  }

  let schema = "slabscope.rules/1"
  let rules: [Rule]

  init(_ rules: [any Analysis.Rule]) {
    self.rules = rules.map { Rule(name: $0.name, summary: $0.summary, manual: $0.manual) }
  }
}

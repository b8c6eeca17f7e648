import Analysis
import ArgumentParser
import Intake
import Reports

/// The catalogue of findings.
struct Rules: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what findings there are, or print the manual of one.",
    discussion: """
      Leaks of your own modules can be told as patterns, in a file such as \
      {"schema": "slabscope.patterns/1", "patterns": [{"name": "my-session", "title": "sessions \
      that nobody put", "advice": "look for my_put", "words": [{"offset": 16, "symbol": \
      "my_timeout", "module": "mymod"}]}]}.
      """)

  @Argument(help: "The rule whose manual to print.")
  var rule: String?

  @OptionGroup var patterns: PatternOption

  @OptionGroup var options: ReportOptions

  func run() async throws {
    guard let rule else {
      try await options.write(reading: patterns.patterns) { RulesReport(try rules()) }
      return
    }
    try await options.write(reading: patterns.patterns) {
      guard let found = try rules().first(where: { $0.name == rule }) else {
        throw Complaint(.usage, "no rule is called \(rule); slabscope rules lists them")
      }
      return RuleManual(found)
    }
  }

  private func rules() throws(Complaint) -> [any Rule] {
    RuleCatalogue.all + (try patterns.read()).map { UserPatternRule($0) }
  }
}

import Analysis
import ArgumentParser
import Intake
import Reports

/// The one-screen answer.
struct Analyze: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what leaks, how much, whose it is and how sure that is.")

  @OptionGroup var arguments: CaseArguments

  @Option(
    help: ArgumentHelp("Print everything about one finding, or about all.", valueName: "F1|all"))
  var explain: String?

  @OptionGroup var effort: EffortOptions

  @OptionGroup var patterns: PatternOption

  @OptionGroup var options: ReportOptions

  func validate() throws {
    if explain != nil, options.format != .text {
      throw ValidationError("--explain is for text; --format json always has everything.")
    }
  }

  func run() async throws {
    guard let explain else {
      let written = try await options.write(reading: files) { try await report() }
      if let blindness = written.blindness { throw Complaint(.data, blindness) }
      return
    }
    try await options.output.write(reading: files) { output in
      let report = try await report()
      guard let text = report.explanation(of: explain, style: output.style) else {
        let there = report.findingIDs.joined(separator: ", ")
        let found = there.isEmpty ? "no leak was found" : "there is \(there)"
        throw Complaint(.usage, "there is no finding \(explain): \(found)")
      }
      try output.write(text)
    }
  }

  private var files: [String] { arguments.files + patterns.patterns }

  private func report() async throws -> AnalysisReport {
    let patterns = try patterns.read()
    return try await effort.limiting {
      try await arguments.open(.all) { subject, description, progress in
        progress?.began("grouping objects and looking for leaks")
        return AnalysisReport(
          subject, input: description,
          investigation: await Investigation(
            of: subject, patterns: patterns, sampling: effort.sampling),
          command: "slabscope analyze \(arguments.commandLine)\(effort.full ? " --full" : "")")
      }
    }
  }
}

import ArgumentParser
import Reports

/// What the inputs are.
struct Info: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe the inputs: format, kernel, dump level, what is missing.")

  @OptionGroup var arguments: CaseArguments
  @OptionGroup var options: ReportOptions

  func run() async throws { try await options.write { InfoReport(try arguments.describe()) } }
}

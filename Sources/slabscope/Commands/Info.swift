import ArgumentParser
import Intake
import Reports

/// What the inputs are.
struct Info: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe the inputs: format, kernel, dump level, what is missing.")

  @OptionGroup var arguments: CaseArguments
  @Flag(help: "Print what was not understood of saved text, and nothing else.")
  var unparsed = false

  @OptionGroup var options: ReportOptions

  func run() async throws {
    guard unparsed else {
      try await options.write(reading: arguments.files) {
        InfoReport(try await arguments.describe())
      }
      return
    }
    try await options.output.write(reading: arguments.input) { output in
      try Case.unreadLines(arguments.input) {
        try output.write("\($0):\($1): \($2)\n")
      }
    }
  }
}

import ArgumentParser
import Reports

/// How a report is written.
enum ReportFormat: String, CaseIterable, ExpressibleByArgument {
  case text
  case json
}

/// Where the output goes.
struct OutputOption: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write to a file, which appears when it is complete.", valueName: "file"),
    completion: .file())
  var output: String?

  /// Opens the output, lets `body` write to it and completes it; what is incomplete is removed.
  func write(_ body: (Output) async throws -> Void) async throws {
    let output = try Output(path: output)
    do {
      try await body(output)
      try output.finish()
    } catch {
      output.discard()
      throw error
    }
  }
}

/// How a report is written, and where it goes.
struct ReportOptions: ParsableArguments {
  @Option(help: "How to print: text for people, json for programs.")
  var format = ReportFormat.text

  @OptionGroup var output: OutputOption

  /// Writes the report that `make` makes.
  func write(_ make: () async throws -> some Report) async throws {
    try await output.write { output in
      let report = try await make()
      switch format {
      case .text: try output.write(report.text(style: output.style))
      case .json: try output.write(try report.json())
      }
    }
  }
}

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
  ///
  /// Throws a `Complaint` before anything is done when it is one of the files that `body` reads.
  func write<Result>(
    reading files: @autoclosure () -> [String], _ body: (Output) async throws -> Result
  ) async throws -> Result {
    let output = try Output(path: output, reading: files())
    do {
      let result = try await body(output)
      try output.finish()
      return result
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

  /// Writes the report that `make` makes of these files, and returns it.
  @discardableResult
  func write<Written: Report>(
    reading files: @autoclosure () -> [String], _ make: () async throws -> Written
  ) async throws -> Written {
    try await output.write(reading: files()) { output in
      let report = try await make()
      switch format {
      case .text: try output.write(report.text(style: output.style))
      case .json: try output.write(try report.json())
      }
      return report
    }
  }
}

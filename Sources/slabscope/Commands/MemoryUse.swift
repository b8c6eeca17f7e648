import Analysis
import ArgumentParser
import Intake
import Reports

/// Where the memory went.
struct MemoryUse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory",
    abstract: "Say where all memory went: by its pages, or by the counters in saved text.")

  @OptionGroup var arguments: CaseArguments
  @OptionGroup var options: ReportOptions

  func run() async throws {
    try await options.write(reading: arguments.files) {
      try await arguments.open(.memory, needsSlabs: false) { subject, description, progress in
        progress?.began("looking at pages that nothing accounts for")
        return MemoryReport(
          subject, input: description, groups: await GhostGroups(of: subject))
      }
    }
  }
}

import ArgumentParser
import Reports

/// Every slab cache.
struct Caches: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List every slab cache: objects by state, memory, aliases, faults.")

  @OptionGroup var arguments: CaseArguments
  @OptionGroup var options: ReportOptions

  func run() async throws {
    try await options.write { try await arguments.open { subject, _, _ in CachesReport(subject) } }
  }
}

import ArgumentParser
import Evidence
import Reports

/// The objects of some or all caches.
struct Objects: AsyncParsableCommand {
  /// How a line is written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case jsonl
  }

  static let configuration = CommandConfiguration(
    abstract: "List objects, one a line, by address.")

  @OptionGroup var arguments: CaseArguments

  @Option(
    help: ArgumentHelp("Only this cache, by name, alias or address.", valueName: "name"))
  var cache: CacheName?

  @Option(
    help: ArgumentHelp(
      "Only objects in these states; a list with commas, may be repeated. "
        + "(default: allocated,pending)", valueName: "states"))
  var state: [StateList] = []

  @Option(help: "How to print: text for people, jsonl (a JSON object a line) for programs.")
  var format = Format.text

  @OptionGroup var output: OutputOption

  func run() async throws {
    let states = state.isEmpty ? [.allocated, .pending] : Set(state.flatMap(\.states))
    try await output.write(reading: arguments.files) { output in
      let listing = try await arguments.open { subject, _, _ in
        ObjectListing(subject, caches: try cache?.caches(in: subject.census), states: states)
      }
      try listing.write(as: format == .text ? .text : .jsonLines) { try output.write($0) }
    }
  }
}

import Analysis
import ArgumentParser
import Evidence

/// How much is looked at, and for how long.
struct EffortOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Read every object, also of caches that are otherwise grouped from a random sample: those "
        + "of more than 4 million objects or 1 GiB."))
  var full = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Stop after about so many seconds, with what was found until then; the census is always "
        + "finished.", valueName: "seconds"))
  var timeLimit: Double?

  /// How many objects of a cache are read.
  var sampling: Sampling { full ? .none : .standard }

  func validate() throws {
    if let timeLimit, !(timeLimit > 0 && timeLimit <= 1e9) {
      throw ValidationError("--time-limit takes a number of seconds above zero.")
    }
  }

  /// Lets `body` work under the limit, if there is one.
  func limiting<Result>(_ body: () async throws -> Result) async throws -> Result {
    guard let timeLimit else { return try await body() }
    return try await TimeLimit.$current.withValue(
      TimeLimit(seconds: timeLimit), operation: body)
  }
}

import Foundation
import Testing

/// What the tool prints on real dumps, compared with what was read and approved.
///
/// With UPDATE_GOLDENS=1 in the environment the files in Goldens are written anew.
@Suite("The output of real dumps")
struct GoldenTests {
  private static let reports: [(verb: String, options: [String])] = [
    ("analyze", []), ("analyze", ["--explain", "F1"]), ("analyze", ["--explain", "F2"]),
    ("analyze", ["--format", "json"]), ("caches", []), ("caches", ["--format", "json"]),
    ("analyze", []), ("analyze", ["--explain", "F1"]), ("analyze", ["--explain", "F2"]),
    ("analyze", ["--format", "json"]), ("caches", []), ("caches", ["--format", "json"]),
    ("memory", []), ("info", []),
  ]

  @Test(arguments: Fixture.all, reports)
  func report(fixture: Fixture, report: (verb: String, options: [String])) throws {
    try compare(report.verb, fixture, report.options)
  }

  @Test(arguments: Fixture.all)
  func groups(fixture: Fixture) throws {
    try compare("groups", fixture, ["--cache", fixture.leakingCache])
  }

  @Test("groups as JSON, of a cache with few of them")
  func groupsJSON() throws {
    let fixture = Fixture.all[1]
    try compare("groups", fixture, ["--cache", fixture.leakingCache, "--format", "json"])
  }

  @Test(arguments: [[], ["lost-single-open"]])
  func rules(arguments: [String]) throws {
    try compare(["rules"] + arguments, golden: (["rules"] + arguments).joined(separator: "-"))
  }

  private func compare(_ verb: String, _ fixture: Fixture, _ options: [String]) throws {
    let suffix = options.filter { !$0.hasPrefix("--") || $0 == "--explain" }
    try compare(
      [verb] + fixture.inputs + options,
      golden: ([fixture.name, verb] + suffix).joined(separator: "-")
        .replacing("--explain", with: "explain"))
  }

  private func compare(_ arguments: [String], golden: String) throws {
    let outcome = try Tool.run(arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/\(golden).txt")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil {
      try outcome.output.write(to: file)
      return
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
    let approved = expected.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in zip(1..., lines)
    where number > approved.count || line != approved[number - 1] {
      let was = number > approved.count ? "nothing" : String(approved[number - 1])
      Issue.record("\(golden).txt:\(number): \(line)\n  was: \(was)")
      return
    }
    #expect(lines.count == approved.count)
  }
}

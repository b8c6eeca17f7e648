import Foundation
import Testing

/// `slabscope check` on real dumps, as continuous integration runs it.
@Suite("Check against a baseline")
struct CheckTests {
  private let fixture = Fixture.all[1]

  /// Writes a file for the time of one test.
  private func withFile(_ contents: Data, _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try contents.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path)
  }

  private func report() throws -> Data {
    try Tool.run(["analyze"] + fixture.inputs + ["--format", "json"]).output
  }

  /// The report without its findings: what was seen of the caches before anything leaked.
  private func cleanReport() throws -> Data {
    var report = try #require(
      try JSONSerialization.jsonObject(with: report()) as? [String: Any])
    report["findings"] = [Any]()
    return try JSONSerialization.data(withJSONObject: report)
  }

  @Test("the same dump passes, by its report and as a dump")
  func same() throws {
    try withFile(report()) { baseline in
      let outcome = try Tool.run(["check"] + fixture.inputs + ["--baseline", baseline])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.hasPrefix("Nothing leaks that the baseline does not have.\n"))
    }
    let dump = try #require(fixture.inputs.first)
    #expect(try Tool.run(["check"] + fixture.inputs + ["--baseline", dump]).status == 0)
  }

  @Test("a leak that the baseline does not have ends with 1, unless it is suppressed")
  func newLeak() throws {
    try withFile(cleanReport()) { baseline in
      let arguments = ["check"] + fixture.inputs + ["--baseline", baseline, "--format", "json"]
      let outcome = try Tool.run(arguments)
      #expect(outcome.status == 1)
      #expect(outcome.errors.hasSuffix("new leak\n") || outcome.errors.hasSuffix("new leaks\n"))
      let document = try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any]
      let leaks = try #require(document?["leaks"] as? [[String: Any]])
      let counting = leaks.filter { $0["standing"] as? String == "new" }
      #expect(!counting.isEmpty)
      let entries = counting.map {
        ["fingerprint": $0["fingerprint"] ?? "", "reason": "it is there on purpose"]
      }
      let suppressions = try JSONSerialization.data(
        withJSONObject: ["schema": "slabscope.suppressions/1", "suppressions": entries])
      try withFile(suppressions) { file in
        let suppressed = try Tool.run(arguments + ["--suppressions", file])
        #expect(suppressed.status == 0)
      }
    }
  }

  @Test("a dump of which less can be read than of the baseline ends with 65")
  func truncated() throws {
    let dump = Tool.project.appending(path: fixture.folder + "/vmcore")
    let whole = try Data(contentsOf: dump)
    try withFile(report()) { baseline in
      try withFile(whole.prefix(whole.count / 10 * 9)) { truncated in
        let arguments = ["check", truncated] + fixture.inputs.dropFirst()
        let outcome = try Tool.run(arguments + ["--baseline", baseline])
        #expect(outcome.status == 65, "\(outcome.text)")
        #expect(outcome.errors.contains("no slab of any cache"), "\(outcome.errors)")
      }
    }
  }

  @Test("a check that is stopped is no pass, and one that reads every object is like any other")
  func effort() throws {
    try withFile(report()) { baseline in
      let arguments = ["check"] + fixture.inputs + ["--baseline", baseline]
      let stopped = try Tool.run(arguments + ["--time-limit", "0.001"])
      #expect(stopped.status == 65, "\(stopped.text)")
      #expect(stopped.errors.contains("time was over"), "\(stopped.errors)")
      #expect(try Tool.run(arguments + ["--full", "--time-limit", "600"]).status == 0)
      #expect(try Tool.run(arguments + ["--time-limit", "0"]).status == 64)
    }
    let stopped = try Tool.run(
      ["analyze"] + fixture.inputs + ["--format", "json", "--time-limit", "0.001"])
    try withFile(stopped.output) { baseline in
      let outcome = try Tool.run(["check"] + fixture.inputs + ["--baseline", baseline])
      #expect(outcome.status == 65, "\(outcome.text)")
      #expect(outcome.errors.contains("cannot be compared"), "\(outcome.errors)")
    }
  }

  @Test("a baseline that is no report is refused by name")
  func noReport() throws {
    try withFile(Data("{}".utf8)) { baseline in
      let outcome = try Tool.run(["check"] + fixture.inputs + ["--baseline", baseline])
      #expect(outcome.status == 65)
      #expect(outcome.errors.hasPrefix("slabscope: \(baseline) is not"), "\(outcome.errors)")
    }
    let missing = try Tool.run(["check"] + fixture.inputs + ["--baseline", "no-such-report"])
    #expect(missing.status == 66)
  }
}

import Foundation
import Testing

@Suite("slabscope trim")
struct TrimTests {
  /// A folder for the time of one test.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// What a verb prints of a dump, but for what it says of the file.
  private func report(_ verb: [String], _ dump: String, _ fixture: Fixture) throws -> String {
    let outcome = try Tool.run(verb + [dump] + fixture.inputs.dropFirst() + ["--format", "json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    var report = try #require(
      try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
    report["input"] = nil
    let data = try JSONSerialization.data(
      withJSONObject: report, options: [.sortedKeys, .prettyPrinted])
    return String(decoding: data, as: UTF8.self).replacing(dump, with: "vmcore")
  }

  @Test(
    "every report of a trimmed dump is that of the whole",
    arguments: zip(Fixture.all, ["elf", "kdump"]))
  func sameReports(fixture: Fixture, format: String) throws {
    try withFolder { folder in
      let small = folder.appending(path: "small").path
      let outcome = try Tool.run(["trim"] + fixture.inputs + ["-o", small, "--format", format])
      #expect(outcome.status == 0 && outcome.text == "")
      #expect(outcome.errors.hasPrefix("slabscope: wrote \(small): "))
      let verbs = [
        ["analyze"], ["caches"], ["memory"], ["groups", "--cache", fixture.leakingCache],
      ]
      for verb in verbs {
        let whole = try report(verb, fixture.inputs[0], fixture)
        #expect(try report(verb, small, fixture) == whole, "\(verb)")
      }
      let there = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(there.sorted() == ["small", "small.manifest.json"])
    }
  }

  @Test("where nothing can be written, the exit status is 73 and nothing is left")
  func unwritable() throws {
    let inputs = Fixture.all[1].inputs
    try withFolder { folder in
      let path = folder.appending(path: "none/small").path
      #expect(try Tool.run(["trim"] + inputs + ["-o", path]).status == 73)
      #expect(try Tool.run(["trim"] + inputs + ["-o", "/dev/full"]).status == 73)
      let failed = try Tool.run(["trim", "LICENSE", "-o", folder.appending(path: "small").path])
      #expect(failed.status == 64, "\(failed.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }
}

import Analysis
import ArgumentParser
import Evidence
import Foundation
import Intake
import Reports

/// The verb for continuous integration: fails when something leaks that did not before.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fail when something leaks that a baseline does not have.",
    discussion: """
      Ends with 0 when nothing does, with 1 when a leak is new or has grown, and with 65 when no \
      such leak was seen but less was seen than in the baseline. Leaks are known again by their \
      fingerprint, which is the same on every boot. Hints do not count.
      """)

  @OptionGroup var arguments: CaseArguments

  @Option(
    help: ArgumentHelp(
      "What to compare with: a report of 'slabscope analyze --format json', or a dump of the same "
        + "kernel.", valueName: "report.json|dump"), completion: .file())
  var baseline: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "By how many percent of its size in the baseline a leak may grow.", valueName: "10%"))
  var tolerance = Tolerance(share: 0)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "New leaks and growth of fewer bytes than this do not count.", valueName: "64K"))
  var minBytes = ByteCount(bytes: 0)

  @Option(
    help: ArgumentHelp(
      "A JSON file of fingerprints that do not count, each with its reason.", valueName: "file"),
    completion: .file())
  var suppressions: String?

  @OptionGroup var effort: EffortOptions

  @OptionGroup var patterns: PatternOption

  @OptionGroup var options: ReportOptions

  func run() async throws {
    let read = [baseline] + [suppressions].compactMap { $0 } + patterns.patterns
    let report = try await options.write(reading: arguments.files + read) { try await compared() }
    switch report.outcome {
    case .passed: break
    case .leaks: throw Complaint(.leaks, report.sentence)
    case .undetermined: throw Complaint(.data, report.sentence)
    }
  }

  private func compared() async throws -> CheckReport {
    var limits = Comparison.Limits(
      tolerance: tolerance.share, smallestBytes: minBytes.bytes, suppressed: [:])
    if let suppressions {
      limits.suppressed = try SavedFile.read(suppressions) { data throws(UnreadableFile) in
        try Suppressions(data).reasons
      }
    }
    let patterns = try patterns.read()
    let comparison = Comparison(
      try await record(arguments, patterns), with: try await baselineRecord(patterns),
      limits: limits)
    return CheckReport(comparison, limits: limits)
  }

  private func baselineRecord(_ patterns: [UserPattern]) async throws -> AnalysisRecord {
    // What cannot be read, such as a missing file, is told of by whoever opens it as a dump.
    if let start = try? FileHandle(forReadingFrom: URL(filePath: baseline)).read(upToCount: 4096),
      SavedAnalysis.isLikely(start)
    {
      return try SavedFile.read(baseline) { data throws(UnreadableFile) in
        try SavedAnalysis(data).record
      }
    }
    return try await record(arguments.replacing(input: [baseline]), patterns)
  }

  private func record(
    _ arguments: CaseArguments, _ patterns: [UserPattern]
  ) async throws -> AnalysisRecord {
    try await effort.limiting {
      try await arguments.open(.all) { subject, _, progress in
        progress?.began("grouping objects and looking for leaks")
        let investigation = await Investigation(
          of: subject, patterns: patterns, sampling: effort.sampling)
        var subject = subject
        subject.coverage = investigation.coverage
        return AnalysisRecord(investigation.findings, in: subject)
      }
    }
  }
}

import Analysis
import ArgumentParser
import DumpFiles
import Evidence
import Intake
import Memory
import Reports
import Trimming

/// A small dump with just what an analysis needs.
struct Trim: AsyncParsableCommand {
  /// How the dump is stored.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case kdump
    case elf
  }

  static let configuration = CommandConfiguration(
    abstract: "Write a small dump with just what an analysis needs, to share or to keep.",
    discussion: """
      Every analysis of the small dump gives the same answer as one of the whole. Pages that are \
      only searched for pointers are reduced to these. What was kept is told by a manifest beside \
      the dump, FILE.manifest.json.
      """)

  @OptionGroup var arguments: CaseArguments

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write, which appears when it is complete.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(help: "How to store the dump: kdump (compressed with zstd) or elf.")
  var format = Format.kdump

  @Flag(help: "Replace text and data that is no structure; names of kernel things stay.")
  var redact = false

  func run() async throws {
    let file = try Output(path: output, reading: arguments.files)
    try file.requireRegular()
    do {
      let manifest = try Output(path: manifestPath, reading: arguments.files)
      do {
        try await write(to: file, manifest)
        try file.finish()
        try manifest.finish()
      } catch {
        manifest.discard()
        throw error
      }
    } catch {
      file.discard()
      throw error
    }
  }

  private var manifestPath: String { output + ".manifest.json" }

  private func write(to file: Output, _ manifest: Output) async throws {
    let sentence = try await arguments.trim(redacting: redact) { subject, input, progress in
      try await EveryReport.make(of: subject, input, progress)
    } then: { trimmed, input, progress in
      progress?.began("writing \(output)")
      try await file.write { target in
        switch format {
        case .kdump: try await KdumpWriter(trimmed.draft).write(to: target)
        case .elf: try await ELFCoreWriter(trimmed.draft).write(to: target)
        }
      }
      try manifest.write(
        try TrimManifest(
          of: input, version: Slabscope.configuration.version, verbs: EveryReport.verbs,
          isRedacted: trimmed.isRedacted, pages: trimmed.counts.pages
        ).json())
      return self.sentence(trimmed.counts, size: try file.size)
    }
    try Output.tell(sentence)
  }

  private func sentence(_ counts: TrimPlan.Counts, size: Int) -> String {
    var sentence = "wrote \(output): \(size.byteSize), "
    let kept = redact ? "redacted" : "whole"
    sentence += "\(counts.whole.grouped) of \(counts.total.grouped) pages \(kept), "
    sentence += "\(counts.reduced.grouped) reduced to pointers; analyze it with: slabscope "
    return sentence + arguments.replacing(input: [output]).commandLine
  }
}

extension TrimPlan.Counts {
  /// What the manifest says of the pages.
  fileprivate var pages: TrimManifest.Pages {
    var conditions: [PageCondition: Int] = [:]
    for (absence, pages) in absent { conditions[PageCondition(absence), default: 0] += pages }
    return TrimManifest.Pages(
      whole: whole, reduced: reduced, leftOut: leftOut,
      absent: conditions.map { .init(condition: $0, pages: $1) }
        .sorted { ($1.pages, $0.condition.status) < ($0.pages, $1.condition.status) })
  }
}

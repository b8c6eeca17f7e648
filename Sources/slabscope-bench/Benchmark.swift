import ArgumentParser
import Foundation

/// Measures slabscope.
@main
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slabscope-bench", abstract: "Measure slabscope.",
    subcommands: [DumpBenchmark.self, TextBenchmark.self], defaultSubcommand: DumpBenchmark.self)
}

/// Measures the tool on a dump, and drgn on the same dump in turn with it.
struct DumpBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Measure slabscope on a dump, and its ratio to drgn on the same dump.",
    discussion: """
      slabscope takes the census of all caches, accounts for all pages, and analyzes the whole dump, \
      which includes a scan of all kernel memory for references; drgn lists one cache's objects and \
      counts equal contents. They run in turn, so that a machine whose speed drifts does not favour one of them.
      """)

  @Argument(help: "The dump.")
  var dump: String

  @Option(help: "The kernel's debug file.")
  var vmlinux: String

  @Option(help: "A module file or a directory of them.")
  var modules: [String] = []

  @Option(help: "The cache that drgn lists.")
  var cache = "kmalloc-cg-32"

  @Option(help: "The drgn to compare with; an empty name leaves it out.")
  var drgn = "drgn"

  @Option(help: "How often each is run, after one run that is not counted.")
  var runs = 5

  @Option(help: "The slabscope to measure.")
  var tool = ".build/release/slabscope"

  @Option(help: "The script that drgn runs.")
  var script = "scripts/drgn-groups.py"

  func validate() throws {
    guard runs > 0 else { throw ValidationError("--runs takes a number above zero.") }
  }

  func run() throws {
    let verbs = ["caches", "memory", "analyze"]
    let commands = verbs.map { verb in
      MeasuredCommand(
        program: tool,
        arguments: [verb, dump, "--vmlinux", vmlinux] + modules.flatMap { ["--modules", $0] })
    }
    let census = MeasuredCommand(
      program: drgn, arguments: ["-q", "-c", dump, "-s", vmlinux, script, cache])
    var ours = verbs.map { _ in [Measurement]() }
    var theirs: [Measurement] = []
    for run in 0...runs {
      let measured = try commands.map { try $0.measure() }
      let compared = drgn.isEmpty ? nil : try census.measure()
      if run > 0 {
        for (verb, measurement) in measured.enumerated() { ours[verb].append(measurement) }
        if let compared { theirs.append(compared) }
      }
    }
    print("                          wall s    CPU s    anonymous MiB   (medians of \(runs) runs)")
    for (verb, measurements) in zip(verbs, ours) { print(row("slabscope \(verb)", measurements)) }
    guard !theirs.isEmpty else { return }
    print(row("drgn, \(cache)", theirs))
    for (verb, measurements) in zip(verbs, ours) {
      let ratios = zip(theirs, measurements).map { $0.wall / $1.wall }.sorted()
      let ratio = String(format: "%.1f", ratios[ratios.count / 2])
      print("drgn / slabscope \(verb), wall: \(ratio)")
    }
  }

  private func row(_ name: String, _ runs: [Measurement]) -> String {
    func median(_ value: (Measurement) -> Double) -> Double {
      let sorted = runs.map(value).sorted()
      return sorted[sorted.count / 2]
    }
    let label = name.padding(toLength: 24, withPad: " ", startingAt: 0)
    return String(
      format: "%@ %8.2f %8.2f %16.0f", label, median(\.wall), median(\.processor),
      median(\.anonymousMemory) / 1_048_576)
  }
}

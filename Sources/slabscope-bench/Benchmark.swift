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
      slabscope analyzes the whole dump; drgn lists one cache's objects and counts equal contents. \
      The two run in turn, so that a machine whose speed drifts does not favour one of them.
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
    let analyze = MeasuredCommand(
      program: tool,
      arguments: ["analyze", dump, "--vmlinux", vmlinux] + modules.flatMap { ["--modules", $0] })
    let census = MeasuredCommand(
      program: drgn, arguments: ["-q", "-c", dump, "-s", vmlinux, script, cache])
    var ours: [Measurement] = []
    var theirs: [Measurement] = []
    for run in 0...runs {
      let measured = try analyze.measure()
      let compared = drgn.isEmpty ? nil : try census.measure()
      if run > 0 {
        ours.append(measured)
        if let compared { theirs.append(compared) }
      }
    }
    print("                          wall s    CPU s    anonymous MiB   (medians of \(runs) runs)")
    print(row("slabscope analyze", ours))
    guard !theirs.isEmpty else { return }
    print(row("drgn, \(cache)", theirs))
    let ratios = zip(theirs, ours).map { $0.wall / $1.wall }.sorted()
    print("drgn / slabscope, wall: \(String(format: "%.1f", ratios[ratios.count / 2]))")
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

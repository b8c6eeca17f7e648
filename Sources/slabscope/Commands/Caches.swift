import Analysis
import ArgumentParser
import Intake
import Reports

/// Every slab cache, or whose the objects in them are.
struct Caches: AsyncParsableCommand {
  /// What owners are.
  enum Owner: String, CaseIterable, ExpressibleByArgument {
    case cgroup
    case module
    case size

    var division: SlabOwnership.Division {
      switch self {
      case .cgroup: .cgroup
      case .module: .module
      case .size: .size
      }
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "List every slab cache: objects by state, memory, aliases, faults.",
    discussion: """
      With --by, the objects in use are added up by owner instead: by the control group that they \
      are charged to, by the module whose cache or code it is, or by the size that kmalloc was \
      asked for, whichever of its caches of that size they are in.
      """)

  @OptionGroup var arguments: CaseArguments

  @Option(help: "Add up the objects in use by owner: cgroup, module or size.")
  var by: Owner?

  @OptionGroup var options: ReportOptions

  func run() async throws {
    guard let by else {
      try await options.write(reading: arguments.files) {
        try await arguments.open { subject, _, _ in CachesReport(subject) }
      }
      return
    }
    try await options.write(reading: arguments.files) {
      try await arguments.open(by == .cgroup ? .charges : []) { subject, _, progress in
        progress?.began("adding up objects by owner")
        return OwnersReport(subject, ownership: await SlabOwnership(of: subject, by: by.division))
      }
    }
  }
}

import Analysis
import ArgumentParser
import Evidence
import Intake
import Reports

/// What is at one address.
struct Show: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is at an address: object, state, group, referrers, words, symbol.")

  @OptionGroup var arguments: CaseArguments

  @Option(
    help: ArgumentHelp("The address, in hexadecimal, also inside an object.", valueName: "address"))
  var at: KernelAddress

  @OptionGroup var options: ReportOptions

  func run() async throws {
    try await options.write(reading: arguments.files) {
      try await arguments.open(.charges, needsSlabs: false) { subject, _, progress in
        var groups: CacheGroups?
        var references: References?
        if let object = subject.census.object(containing: at.address) {
          progress?.began("grouping objects")
          let cache = Int(subject.census.slabs[object.slab].cache)
          groups = await CacheGrouping.groups(
            ofCache: cache, in: subject, sampling: .none)
          if let slot = UInt32(exactly: subject.census.slot(of: object)) {
            progress?.began("searching memory for references")
            references = await subject.references?.references(to: [slot])
          }
        }
        return AddressReport(subject, at: at.address, groups: groups, references: references)
      }
    }
  }
}

import Analysis
import ArgumentParser
import Evidence
import Reports

/// The groups of a cache.
struct Groups: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Group the objects of a cache that look the same.")

  @OptionGroup var arguments: CaseArguments

  @Option(
    help: ArgumentHelp("The cache, by name, alias or address.", valueName: "name"))
  var cache: CacheName

  @OptionGroup var effort: EffortOptions

  @OptionGroup var options: ReportOptions

  func run() async throws {
    try await options.write(reading: arguments.files) {
      try await effort.limiting {
        try await arguments.open { subject, _, progress in
          let caches = try cache.caches(in: subject.census)
          progress?.began("grouping objects")
          var groups: [CacheGroups] = []
          for cache in caches {
            groups.append(
              await CacheGrouping.groups(
                ofCache: cache, in: subject, sampling: effort.sampling))
          }
          return GroupsReport(subject, name: cache.text, caches: groups)
        }
      }
    }
  }
}

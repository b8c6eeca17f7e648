import Analysis
import Evidence
import Reports

/// Makes every report there is, so that everything they read is looked at once.
enum EveryReport {
  /// The verbs whose reports are made.
  static let verbs = ["analyze", "caches", "groups", "memory", "objects", "show"]

  /// Records are looked up for no more objects than this; a dump has few stacks in all.
  private static let mostRecords = 1 << 20

  /// Makes the reports of a kernel and drops them.
  static func make(
    of subject: Subject, _ input: InputDescription, _ progress: ProgressLine?
  ) async throws {
    progress?.began("grouping objects and looking for leaks")
    let report = AnalysisReport(
      subject, input: input, investigation: await Investigation(of: subject), command: "")
    _ = try report.json()
    _ = report.text(style: .plain)
    _ = report.explanation(of: "all", style: .plain)
    _ = try CachesReport(subject).json()

    progress?.began("looking at pages that nothing accounts for")
    let memory = MemoryReport(subject, input: input, groups: await GhostGroups(of: subject))
    _ = try memory.json()
    _ = memory.text(style: .plain)

    progress?.began("grouping the objects of each cache")
    for cache in subject.census.caches.indices {
      let groups = await CacheGrouping.groups(ofCache: cache, in: subject)
      let report = GroupsReport(subject, name: "", caches: [groups])
      _ = try report.json()
      _ = report.text(style: .plain)
    }
    progress?.began("adding up objects by owner")
    for division in [SlabOwnership.Division.cgroup, .module, .size] {
      let ownership = await SlabOwnership(of: subject, by: division)
      _ = try OwnersReport(subject, ownership: ownership).json()
    }
    progress?.began("looking up who allocated the objects")
    let step = max(1, subject.census.slotCount / mostRecords)
    for slot in stride(from: 0, to: subject.census.slotCount, by: step) {
      _ = subject.allocations?.record(of: slot)
    }
  }
}

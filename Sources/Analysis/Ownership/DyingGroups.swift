public import Evidence

/// The control groups that were removed and live on, and what keeps them.
public struct DyingGroups: Sendable {
  /// The groups.
  let groups: [ControlGroup]
  /// How many there are, by the kernel's count where it has one.
  public let count: Int
  /// The pages that are charged to them, by kind, the most first.
  let pages: [ControlGroup.Pages]
  /// How many of them have pages.
  let withPages: Int
  /// Those that have none, or of which that is not known.
  let withoutPages: [ControlGroup]
  private let all: [ControlGroup]
  private let pageSize: Int

  /// Adds up the dying groups of a kernel.
  public init(_ charges: any ChargeRecords, pageSize: Int) {
    all = charges.groups
    self.pageSize = pageSize
    groups = all.filter(\.isDying)
    count = max(charges.dyingGroups ?? 0, groups.count)
    var kinds: [String: Int] = [:]
    for group in groups {
      for pages in group.pages ?? [] { kinds[pages.kind, default: 0] += pages.count }
    }
    pages = kinds.map { ControlGroup.Pages(kind: $0, count: $1) }
      .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
    withoutPages = groups.filter { $0.pages?.isEmpty ?? true }
    withPages = groups.count - withoutPages.count
  }

  /// The memory in pages that are charged to them, in bytes.
  var bytes: Int {
    pages.reduce(0) { $0 &+ $1.count }.multipliedReportingOverflow(by: pageSize).partialValue
  }

  /// What is told of them, most important first; empty when there are none.
  public var sentences: [String] {
    guard count > 0 else { return [] }
    return [
      "\(count.counted("removed cgroup")) live on\(places)"
    ] + [kept, swapped].compactMap { $0 } + referenced + [unlisted].compactMap { $0 }
  }

  /// Where most of them were.
  private var places: String {
    var counts: [Int: Int] = [:]
    for group in groups { if let parent = group.parent { counts[parent, default: 0] += 1 } }
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let told = sorted.prefix(3).map { "\($0.value.grouped) in \(all[$0.key].name)" }
    return told.isEmpty ? "" : ": " + told.joined(separator: ", ") + (sorted.count > 3 ? ", …" : "")
  }

  private var kept: String? {
    guard withPages > 0 else { return nil }
    let told = pages.prefix(3).map { "\($0.count.counted("page")) of \($0.kind)" }
    return "\(withPages.grouped) of them \(withPages == 1 ? "is" : "are") kept by "
      + "\(bytes.byteSize) that are charged to them: " + told.joined(separator: ", ")
  }

  private var swapped: String? {
    let count = groups.filter { ($0.swapped ?? 0) > 0 }.count
    return count > 0 ? "\(count.grouped) of them have pages that were swapped out" : nil
  }

  /// What refers to those that have no pages, and no others.
  private var referenced: [String] {
    let groups = withoutPages.filter { $0.pages != nil }
    guard !groups.isEmpty else { return [] }
    let withSockets = groups.filter { ($0.sockets ?? 0) > 0 }
    let withProcesses = groups.filter { $0.sockets ?? 0 == 0 && ($0.processes ?? 0) > 0 }
    var told: [String] = []
    if !withSockets.isEmpty {
      let sockets = withSockets.reduce(0) { $0 + ($1.sockets ?? 0) }
      told.append(
        "\(withSockets.count.grouped) of them \(withSockets.count == 1 ? "is" : "are") kept by "
          + "\(sockets.counted("socket")) that were opened in them")
    }
    if !withProcesses.isEmpty {
      let processes = withProcesses.reduce(0) { $0 + ($1.processes ?? 0) }
      told.append(
        "\(withProcesses.count.grouped) of them \(withProcesses.count == 1 ? "is" : "are") kept by "
          + "\(processes.counted("process", "processes")) that ended and nobody waited for")
    }
    let rest = groups.count - withSockets.count - withProcesses.count
    if rest > 0 {
      told.append(
        "\(rest.grouped) of them have no pages: a reference keeps them whose holder is not known, "
          + "such as a BPF program")
    }
    return told
  }

  private var unlisted: String? {
    let more = count - groups.count
    return more > 0
      ? "\(more.grouped) more have no memory controller, so what keeps them is not looked for" : nil
  }
}

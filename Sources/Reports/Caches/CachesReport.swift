public import Evidence

/// Every cache: its objects by state, its memory, its other names, and what is wrong with it.
public struct CachesReport: Report {
  private let subject: Subject

  /// A report on all caches of a kernel.
  public init(_ subject: Subject) { self.subject = subject }

  /// The schema `slabscope.caches/1`.
  public func json() throws -> String { try EncodedCaches(subject).jsonDocument() }

  /// A table, the largest cache first, then the totals and the faults.
  public func text(style: TextStyle) -> String {
    let caches = CacheSummary.all(in: subject)
    guard !caches.isEmpty else {
      return "The kernel's slab caches could not be found.\n" + CoverageText.remarks(subject)
    }
    return table(caches).rendered(style: style) + "\n" + totals(caches) + faults(caches)
      + CoverageText.remarks(subject)
  }

  private func table(_ caches: [CacheSummary]) -> TextTable {
    var table = TextTable([
      .text("CACHE"), .number("BYTES"), .number("ALLOCATED"), .number("FREE"), .number("PENDING"),
      .number("UNKNOWN"), .number("SIZE"), .number("SLOT"), .number("SLABS"), .number("WASTE"),
      .text("ALIASES"),
    ])
    let repeated = Dictionary(grouping: caches, by: \.cache.name).filter { $1.count > 1 }
    for summary in caches {
      let cache = summary.cache
      table.add([
        repeated[cache.name] == nil ? cache.name : "\(cache.name) (\(cache.address))",
        summary.bytes.byteSize, (summary.counts?.allocated).grouped,
        (summary.counts?.free).grouped, (summary.counts?.pending).grouped,
        (summary.counts?.indeterminate).grouped, cache.objectSize.grouped,
        cache.slotSize.grouped, summary.slabs.grouped, summary.waste.byteSize, aliases(cache),
      ])
    }
    return table
  }

  private func aliases(_ cache: SlabCache) -> String {
    let shown = cache.aliases.filter { $0 != cache.name }
    // SLUB counts who shares a cache; their names are found only through sysfs.
    guard shown.isEmpty, cache.sharers > 1 else { return shown.joined(separator: ", ") }
    let merged = "merged with \((cache.sharers - 1).counted("other")), names unknown"
    let variables = VariableNames.of(cache, in: subject)
    guard !variables.isEmpty else { return merged }
    let more = variables.count > Self.variablesShown ? ", …" : ""
    return merged + "; held by "
      + variables.prefix(Self.variablesShown).joined(separator: ", ") + more
  }

  /// The line that shows that every slot is in exactly one state.
  private func totals(_ caches: [CacheSummary]) -> String {
    func sum(_ part: (ObjectCounts) -> Int?) -> Int {
      caches.reduce(0) { $0 + ($1.counts.flatMap(part) ?? 0) }
    }
    let slabs = caches.reduce(0) { $0 + ($1.slabs ?? 0) }
    let bytes = caches.reduce(0) { $0 + ($1.bytes ?? 0) }
    return "\(caches.count.counted("cache")), \(slabs.counted("slab")), \(bytes.byteSize): "
      + "\(sum(\.total).counted("slot")) = \(sum(\.allocated).grouped) allocated + "
      + "\(sum(\.free).grouped) free + \(sum(\.pending).grouped) pending + "
      + "\(sum(\.indeterminate).grouped) unknown\n" + CoverageText.pages(subject) + "\n"
  }

  private func faults(_ caches: [CacheSummary]) -> String {
    let faulty = caches.filter { !$0.faults.isEmpty || $0.absentPages ?? 0 > 0 }
    guard !faulty.isEmpty else { return "" }
    var text = "\nFaults:\n"
    for summary in faulty {
      text += "  \(summary.cache.name.printable): "
      var shown = summary.faults.prefix(Self.faultsShown).map { fault in
        fault.summary.printable + (fault.address.map { " at \($0)" } ?? "")
      }
      let more = summary.faults.count - shown.count
      if more > 0 { shown.append("and \(more.grouped) more") }
      if let absent = summary.absentPages, absent > 0 {
        shown.append("\(absent.counted("page")) of its slabs cannot be read")
      }
      text += shown.joined(separator: "; ") + "\n"
    }
    return text
  }

  private static let faultsShown = 3
  private static let variablesShown = 5
}

/// Counters and banners, as they are taken down.
extension SessionReader {
  /// Takes a counter; one that comes a second time begins another snapshot.
  mutating func append(
    counter name: String, _ bytes: Int, _ source: MemoryCounters.Source, _ line: Line
  ) {
    if let last = facts.memory.last, last.source == source, last.input == input,
      last.bytes[name] == nil
    {
      facts.memory[facts.memory.count - 1].bytes[name] = bytes
    } else {
      facts.memory.append(
        MemoryCounters(source: source, line: line.number, input: input, bytes: [name: bytes]))
    }
  }

  /// Takes a row of `kmem -i`, which counts pages.
  mutating func append(usage: (label: String, pages: Int, rounded: Int), _ line: Line) {
    let size = MemoryUsageRow.pageSize(pages: usage.pages, rounded: usage.rounded)
    let bytes = size.map { usage.pages * $0 } ?? usage.rounded
    append(counter: usage.label, bytes, .crash, line)
  }

  /// Takes a row of `/proc/slabinfo` or `slabtop`.
  mutating func append(_ row: SlabInfoRow, _ line: Line) {
    if isNewSnapshot || facts.slabInfo.isEmpty || facts.slabInfo.last?.rows.first?.name == row.name
    {
      facts.slabInfo.append(SlabInfoTable(line: line.number, input: input))
      isNewSnapshot = false
    }
    facts.slabInfo[facts.slabInfo.count - 1].rows.append(row)
  }

  /// Takes crash's version; a banner in the middle of a text begins another session.
  mutating func beginBanner(crash version: CrashVersion) {
    if facts.banner.crash != nil { endSession() }
    facts.banner.crash = version
  }

  /// Takes a line of the banner; one of another kernel begins another session.
  mutating func merge(_ line: Banner) {
    if !facts.banner.isCompatible(with: line) {
      let crash = facts.banner.crash
      endSession()
      facts.banner.crash = crash
    }
    facts.banner.release = line.release ?? facts.banner.release
    facts.banner.node = line.node ?? facts.banner.node
    facts.banner.machine = line.machine ?? facts.banner.machine
    facts.banner.dumpFile = line.dumpFile ?? facts.banner.dumpFile
    facts.banner.date = line.date ?? facts.banner.date
    facts.banner.memory = line.memory ?? facts.banner.memory
  }
}

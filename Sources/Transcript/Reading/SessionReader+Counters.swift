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

  /// Takes what one line of a banner says; whose banner it is can be told when it is complete.
  mutating func append(_ line: Banner) {
    if line.crash != nil { settleBanner() }
    var banner = self.banner ?? Banner()
    banner.merge(line)
    self.banner = banner
  }

  /// Ends a banner, once it has told of a kernel: one of another kernel, or of another dump, begins
  /// another session.
  mutating func settleBanner() {
    guard let banner, banner.tellsKernel else { return }
    self.banner = nil
    if !facts.banner.isCompatible(with: banner) { endSession() }
    facts.banner.merge(banner)
  }
}

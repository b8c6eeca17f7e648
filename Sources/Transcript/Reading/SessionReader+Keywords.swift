import Evidence

/// Facts and headers that begin with a word of letters.
extension SessionReader {
  /// Reads what begins with a name at a word; returns its length in words, 0 when nothing does.
  mutating func readKeyword(_ line: Line, at index: Int) -> Int {
    let first = line.bytes[Int(line.words[index].start)]
    switch first {
    case UInt8(ascii: "C"):
      if let words = cacheHeader(line, at: index) ?? cpuSection(line, at: index) { return words }
    case UInt8(ascii: "S"):
      if line.words(from: index, are: "SLAB MEMORY") {
        state.section = .none
        return headerLength(
          line, at: index, ["SLAB", "MEMORY", "NODE", "TOTAL", "ALLOCATED", "FREE"])
      }
      // The last word of the old header, wrapped.
      if line.word(index, is: "SSIZE"), line.count <= 2 { return line.count }
    case UInt8(ascii: "F"):
      if line.words(from: index, are: "FREE / [ALLOCATED]") {
        beginObjects()
        return 3
      }
    case UInt8(ascii: "K"):
      if line.words(from: index, are: "KMEM_CACHE_NODE NODE SLABS PARTIAL PER-CPU") {
        state.section = .nodes
        return 5
      }
    case UInt8(ascii: "N"):
      if let words = nodeSection(line, at: index) { return words }
    case UInt8(ascii: "P"):
      if line.words(from: index, are: "PAGE PHYSICAL MAPPING INDEX CNT FLAGS") {
        state.table = .pages
        state.section = .none
        return 6
      }
    case UInt8(ascii: "("):
      if let words = emptySection(line, at: index) { return words }
    case UInt8(ascii: "p"):
      if let words = pleaseWait(line, at: index) { return words }
    case UInt8(ascii: "-"):
      if let words = pager(line, at: index) { return words }
    case UInt8(ascii: "c"):
      if Prompt.begins(line, at: index) { return readPrompt(line, at: index) }
    case UInt8(ascii: "s"), UInt8(ascii: "u"):
      if let type = StructBlock.opening(line, at: index) {
        return openBlock(type, line, at: index)
      }
    default: break
    }
    return readError(line, at: index) ?? readCounter(line, at: index)
  }

  private func cacheHeader(_ line: Line, at index: Int) -> Int? {
    guard line.word(index, is: "CACHE"),
      line.word(index + 1, is: "OBJSIZE")
        || line.word(index + 1, is: "NAME") && line.word(index + 2, is: "OBJSIZE")
    else { return nil }
    return headerLength(
      line, at: index, ["CACHE", "NAME", "OBJSIZE", "ALLOCATED", "TOTAL", "SLABS", "SSIZE"])
  }

  /// How many words from one on are of a header.
  private func headerLength(_ line: Line, at index: Int, _ names: Set<String>) -> Int {
    var end = index
    while end < line.count, names.contains(line.text(end)) { end += 1 }
    return end - index
  }

  /// The heading of what a CPU has: `CPU 0 KMEM_CACHE_CPU:`, `CPU 0 SLAB:`, `CPU 0 PARTIAL:`.
  private mutating func cpuSection(_ line: Line, at index: Int) -> Int? {
    guard line.word(index, is: "CPU"), let number = line.natural(index + 1),
      let cpu = Int32(exactly: number)
    else { return nil }
    state.slab = nil
    if line.word(index + 2, is: "KMEM_CACHE_CPU:") {
      state.section = .cpuStructure
    } else if line.word(index + 2, is: "SLAB:") {
      state.section = .none
      state.site = .cpu(cpu)
    } else if line.word(index + 2, is: "PARTIAL:") {
      state.section = .none
      state.site = .cpuPartial(cpu)
    } else if !line.word(index + 2, is: "[OFFLINE]") {
      return nil
    }
    return 3
  }

  /// The heading of a node's list: `NODE 0 PARTIAL:` or `NODE 0 FULL:`.
  private mutating func nodeSection(_ line: Line, at index: Int) -> Int? {
    guard line.word(index, is: "NODE"), line.natural(index + 1) != nil else { return nil }
    if line.word(index + 2, is: "PARTIAL:") {
      state.site = .nodePartial
    } else if line.word(index + 2, is: "FULL:") {
      state.site = .nodeFull
    } else {
      return nil
    }
    state.section = .none
    state.slab = nil
    return 3
  }

  private mutating func emptySection(_ line: Line, at index: Int) -> Int? {
    if line.word(index, is: "(empty)") { return 1 }
    guard line.words(from: index, are: "(not tracked)") else { return nil }
    facts.hasUntrackedSlabs = true
    return 2
  }

  /// `please wait... (gathering kmem slab cache data)`, which a terminal would have wiped out.
  private func pleaseWait(_ line: Line, at index: Int) -> Int? {
    guard line.words(from: index, are: "please wait...") else { return nil }
    var end = index + 2
    while end < line.count, end < index + 16 {
      end += 1
      if line.word(end - 1, endsWith: ")") { break }
    }
    return end - index
  }

  /// The pager's `-- MORE --  forward: <SPACE>, <ENTER> or j  backward: b or k  quit: q`.
  private func pager(_ line: Line, at index: Int) -> Int? {
    guard line.words(from: index, are: "-- MORE --") else { return nil }
    let end = line.firstIndex(of: "q", from: index) ?? (index + 2)
    return min(end, line.count - 1) + 1 - index
  }

  mutating func readPrompt(_ line: Line, at index: Int) -> Int {
    guard let match = Prompt.command(line, at: index) else { return 0 }
    begin(match.fact)
    if match.fact.words.starts(with: ["set", "zero_excluded", "on"]) {
      facts.readsAbsentAsZero = true
    }
    return match.words
  }

  /// `kmem: …`, `rd: …`, `WARNING: …`: the rest of the line, wherever it begins.
  private mutating func readError(_ line: Line, at index: Int) -> Int? {
    guard line.words[index].shape.contains(.colon), line.word(index, endsWith: ":"),
      index + 1 < line.count
    else { return nil }
    let command = String(line.text(index).dropLast())
    guard
      Command.names.contains(command) || command == "WARNING" || command == "NOTE"
        || command == "crash"
    else { return nil }
    let message = line.text((index + 1)..<min(line.count, index + 40))
    report(ReportedError(command: command, message: message, line: line.number))
    return line.count - index
  }

  /// Counters outside of crash, which may stand anywhere in a line.
  private mutating func readCounter(_ line: Line, at index: Int) -> Int {
    if let match = MemoryInfoLine.match(line, at: index) {
      append(counter: match.fact.name, match.fact.bytes, .meminfo, line)
      return match.words
    }
    if let match = MemoryStatistic.match(line, at: index) {
      // A counter of events says nothing of where memory is.
      if let name = match.fact.name {
        append(counter: name, match.fact.pages, .statistics, line)
      }
      return match.words
    }
    if let match = SlabInfoRow.match(line, at: index) {
      append(match.fact, line)
      return match.words
    }
    if let match = SocketRow.match(line, at: index) {
      facts.sockets.append(match.fact)
      return match.words
    }
    let header = state.free.header(line, at: index, command: state.command)
    if header > 0 { return header }
    if let match = state.free.row(line, at: index) {
      for (name, bytes) in match.fact.sorted(by: { $0.key < $1.key }) {
        append(counter: name, bytes, .free, line)
      }
      return match.words
    }
    if let match = MemoryUsageRow.match(line, at: index) {
      append(usage: match.fact, line)
      return match.words
    }
    if state.wantsSlabSize, line.count == 1, let bytes = SlabSize.bytes(line, index) {
      completeCache(slabBytes: bytes)
      return 1
    }
    return 0
  }
}

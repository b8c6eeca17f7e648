import Evidence

/// Facts that may begin at any word of a line.
extension SessionReader {
  /// Reads the fact that begins at a word; returns its length in words, 0 when none does.
  mutating func readFact(_ line: Line, at index: Int) -> Int {
    let word = line.words[index]
    if word.shape.isWithin(.hexadecimal) {
      return word.count == 16 || word.count == 8
        ? readAddress(line, at: index)
        : readShortWord(line, at: index)
    }
    if word.shape.isWithin([.digit, .hexLetter, .colon]) {
      return readMemory(line, at: index)
    }
    if word.shape.contains(.bracket), let address = ObjectLine.bracketed(line, at: index) {
      guard state.section == .objects || line.count == 1 else { return 0 }
      append(address, .allocated)
      return 1
    }
    return readKeyword(line, at: index)
  }

  /// What begins with an address.
  private mutating func readAddress(_ line: Line, at index: Int) -> Int {
    guard line.address(index) != nil else { return readShortWord(line, at: index) }
    if index + 1 == line.count {
      return readLastAddress(line, at: index)
    }
    if let match = SymbolLine.match(line, at: index) {
      facts.symbols.append(match.fact.symbol)
      return match.words
    }
    if state.section == .nodes, let words = nodeRow(line, at: index) { return words }
    if let match = SlabColumns.match(line, at: index) {
      append(match.fact)
      return match.words
    }
    if let match = CacheRow.match(line, at: index) {
      append(match.fact)
      state.wantsSlabSize = match.fact.slabBytes == nil && match.fact.remark == nil
      return match.words
    }
    if let match = PageRow.match(line, at: index), match.fact.isSlab || state.table == .pages {
      if match.fact.isSlab { facts.pages.append(match.fact) }
      return match.words
    }
    if let words = readOwner(line, at: index) { return words }
    if state.section == .objects, let match = ObjectLine.bare(line, at: index),
      match.fact.mark != .free || isInSlab(match.fact.address)
    {
      append(match.fact.address, match.fact.mark)
      return match.words
    }
    return 0
  }

  /// A page and the cache that it belongs to, as `kmem -m slab_cache` and `kmem -m lru` print them:
  /// `ADDRESS CACHE` or `ADDRESS CACHE,ADDRESS`.
  private mutating func readOwner(_ line: Line, at index: Int) -> Int? {
    let word = line.word(index + 1)
    guard let page = line.address(index), word.count == 16 || word.count == 33,
      word.count == 16 || word[word.startIndex + 16] == UInt8(ascii: ","),
      let cache = KernelAddress.value(of: line.bytes, in: word.startIndex..<(word.startIndex + 16)),
      cacheIndex[cache] != nil
    else { return nil }
    facts.pages.append(PageRow(descriptor: page, physical: 0, mapping: cache, isSlab: true))
    return 2
  }

  /// An address with nothing behind it: an object, or the answer to `kmem_cache_cpu`.
  private mutating func readLastAddress(_ line: Line, at index: Int) -> Int {
    if state.section == .cpuStructure {
      state.section = .none
      return 1
    }
    guard state.section == .objects, let address = line.address(index), isInSlab(address)
    else { return 0 }
    append(address, .free)
    return 1
  }

  /// Words such as `8k`, which a mailer wrapped away from its row, and names that happen to
  /// consist of the letters a to f.
  private mutating func readShortWord(_ line: Line, at index: Int) -> Int {
    readTop(line, at: index) ?? readKeyword(line, at: index)
  }

  private mutating func readTop(_ line: Line, at index: Int) -> Int? {
    guard let match = SlabInfoRow.matchTop(line, at: index) else { return nil }
    append(match.fact, line)
    return match.words
  }

  /// The row of a node: `ADDRESS NODE SLABS PARTIAL PER-CPU`.
  private func nodeRow(_ line: Line, at index: Int) -> Int? {
    (1...4).allSatisfy({ line.natural(index + $0) != nil }) ? 5 : nil
  }

  private mutating func readMemory(_ line: Line, at index: Int) -> Int {
    if state.command?.showsText == true, index == 0 {
      if row.matchText(line) { appendRow() }
      return line.count
    }
    guard row.match(line, at: index, command: state.command) else { return 0 }
    if state.command?.showsOtherMemory != true { appendRow() }
    return row.words
  }
}

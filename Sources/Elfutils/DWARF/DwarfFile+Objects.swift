internal import CElfutils

extension DwarfFile {
  /// The offset of the compile unit that defines the object at an address.
  ///
  /// Where neither the object's own symbol nor its neighbours lead to it, which is rare, all units
  /// are searched, and the result kept for the next time.
  func unit(withObjectAt address: UInt64, neighbours: SymbolNeighbours) -> UInt64? {
    if let file = neighbours.file(at: address) {
      let candidates = units(of: file)
      if let found = firstDefining(address, among: candidates) { return found }
      // The file of a local symbol is certain: what it does not define is not described at all.
      if !candidates.isEmpty { return nil }
    }
    return firstDefining(address, among: units(around: address, neighbours))
      ?? index.objects[address]
  }

  /// The units between those of the neighbours: data, code and debug information are linked in the
  /// same order.
  private func units(
    around address: UInt64, _ neighbours: SymbolNeighbours
  ) -> ArraySlice<UInt64> {
    let files = neighbours.files(around: address)
    let before = files.before.flatMap { units(of: $0).first }
    let behind = files.behind.flatMap { units(of: $0).first }
    guard let first = before ?? behind, let last = behind ?? before, first <= last,
      let low = unitOffsets.firstIndex(of: first), let high = unitOffsets.lastIndex(of: last)
    else { return [] }
    // More than these would take longer than to search all units once.
    return high - low < 64 ? unitOffsets[low...high] : []
  }

  /// The offsets of the units that a source file may be.
  private func units(of file: SymbolNeighbours.File) -> ArraySlice<UInt64> {
    if let code = file.code, let unit = unit(withCodeAt: code) { return [unit] }
    // Many files share a name such as `core.c`; those have functions that are not global.
    return unitsByFileName[file.name, default: []].prefix(8)
  }

  private func firstDefining(_ address: UInt64, among units: ArraySlice<UInt64>) -> UInt64? {
    units.first { unit(at: $0)?.definesObject(at: address) == true }
  }
}

extension DebugEntry {
  /// Whether the unit defines an object at an address, at its top level or in a function.
  fileprivate func definesObject(at address: UInt64) -> Bool {
    var blocks = [self]
    var budget = 4_000_000
    while let block = blocks.popLast() {
      for entry in block.children {
        budget -= 1
        guard budget > 0 else { return false }
        switch entry.tag {
        case DW_TAG_variable where entry.staticAddress == address: return true
        case DW_TAG_subprogram, DW_TAG_lexical_block: blocks.append(entry)
        default: break
        }
      }
    }
    return false
  }
}

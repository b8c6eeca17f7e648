import Memory

/// Tells where modules lie from the rows of `mod`.
enum ModuleRegions {
  private static let pageSize: UInt64 = 4096

  /// The modules, each once, in the order of the text.
  ///
  /// crash prints no BASE before 8.0 (and its TEXT_BASE covers only code since Linux 6.4). Until
  /// then a module's `struct module` lies within its own memory, so that it ends behind the struct
  /// and begins no more than its size before; another module's struct cannot lie between.
  static func regions(_ facts: SessionFacts) -> [ModuleRegion] {
    var seen: Set<UInt64> = []
    let rows = facts.modules.filter { seen.insert($0.address).inserted }
    let based = Dictionary(
      facts.modules.compactMap { row in row.base.map { (row.address, $0) } },
      uniquingKeysWith: { first, _ in first })
    let addresses = rows.map(\.address).sorted()
    return rows.map { row in
      let size = UInt64(clamping: row.size)
      if let base = based[row.address] {
        return ModuleRegion(
          name: row.name, address: row.address,
          range: base..<max(base, base.addingReportingOverflow(size).partialValue))
      }
      let below = addresses.last { $0 < row.address }.map { end(of: $0) } ?? 0
      let start = row.address >= size ? row.address - size : 0
      let first = max(below, start & ~(pageSize - 1))
      return ModuleRegion(
        name: row.name, address: row.address, range: min(first, row.address)..<end(of: row.address))
    }
  }

  /// The end of the page that holds an address.
  private static func end(of address: UInt64) -> UInt64 {
    (address | (pageSize - 1)).addingReportingOverflow(1).overflow
      ? .max : (address | (pageSize - 1)) + 1
  }
}

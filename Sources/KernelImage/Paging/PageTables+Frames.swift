import ByteKit
public import Memory

extension PageTables {
  /// The page frames of the tables themselves: the root, and below it those that map `range`.
  ///
  /// Tables that map pages of the least size are left out below `lowest`, the height of the tables
  /// that are still wanted; 0 for all. Each table is looked at once; there are no more of them than
  /// `limit`, and what cannot be read has no tables below it.
  public func frames(
    mapping range: Range<UInt64>, lowest: Int = 0, limit: Int
  ) -> Set<PageFrame> {
    var found: Set<PageFrame> = [shape.pageSize.frame(of: root)]
    var waiting: [(table: PhysicalAddress, height: Int, base: UInt64)] = [
      (root, shape.rootHeight, 0)
    ]
    while let next = waiting.popLast(), found.count < limit {
      guard next.height > lowest,
        let page = try? page(ofTable: next.table)
      else { continue }
      let offset = Int(truncatingIfNeeded: next.table.rawValue & shape.pageSize.mask)
      let shift = UInt64(shape.shift(atHeight: next.height))
      for index in 0..<(1 << shape.indexWidths[shape.rootHeight - next.height]) {
        // Addresses without the sign that the upper half has.
        let start = next.base | UInt64(index) << shift
        guard start < range.upperBound, start | (1 << shift - 1) >= range.lowerBound,
          let entry = page.load(UInt64.self, at: offset + index * 8),
          case .table(let table) = shape.format.step(entry, height: next.height),
          found.insert(shape.pageSize.frame(of: table)).inserted
        else { continue }
        waiting.append((table, next.height - 1, start))
      }
    }
    return found
  }

  /// The bits of a kernel address that the tables translate.
  public func translatedBits(of address: VirtualAddress) -> UInt64 {
    let width = UInt64(shape.shift(atHeight: shape.rootHeight) + shape.indexWidths[0])
    return width < 64 ? address.rawValue & (1 << width - 1) : address.rawValue
  }
}

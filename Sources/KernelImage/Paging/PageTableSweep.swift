import ByteKit
public import Memory

/// What a sweep over a part of the address space could not see.
public struct SweepGaps: Sendable {
  /// The first address that each unreadable table or entry would map, and why; the first 64.
  public fileprivate(set) var unseen: [(address: VirtualAddress, absence: Absence)] = []
  /// Whether the sweep was broken off because there are more tables than the dump has pages.
  public fileprivate(set) var isBrokenOff = false
}

extension PageTables {
  /// Visits everything that is mapped in a part of the kernel's address space, in its order.
  ///
  /// `visit` gets a map for each leaf that lies in `range`, cut to it. What is not mapped costs as
  /// little as the tables allow: one entry for 512 GiB. Tables that lead back into themselves end the
  /// sweep after as many tables as the dump has pages. Returns what could not be seen.
  public func sweep(_ range: Range<VirtualAddress>, visit: (LinearMap) -> Void) -> SweepGaps {
    let range = range.clamped(to: shape.start..<VirtualAddress(.max))
    guard !range.isEmpty else { return SweepGaps() }
    var sweep = PageTableSweep(tables: self, range: range)
    sweep.visit(root, height: shape.rootHeight, around: range.lowerBound, leaf: visit)
    return sweep.gaps
  }
}

/// A sweep in progress.
private struct PageTableSweep {
  let tables: PageTables
  /// The addresses asked for; never empty, and never with the last address of all.
  let range: Range<VirtualAddress>
  var gaps = SweepGaps()
  /// How many more tables may be read.
  private var tablesLeft: UInt64

  init(tables: PageTables, range: Range<VirtualAddress>) {
    self.tables = tables
    self.range = range
    tablesLeft = tables.physical.frames.reduce(0) {
      $0 &+ $1.upperBound.rawValue &- $1.lowerBound.rawValue
    }
  }

  /// Visits what a table of this height maps; `address` is one that it covers.
  mutating func visit(
    _ table: PhysicalAddress, height: Int, around address: VirtualAddress,
    leaf: (LinearMap) -> Void
  ) {
    guard tablesLeft > 0 else {
      gaps.isBrokenOff = true
      return
    }
    let shape = tables.shape
    let shift = UInt64(shape.shift(atHeight: height))
    let covered = UInt64(1) << (shift + UInt64(shape.indexWidths[shape.rootHeight - height]))
    let base = VirtualAddress(address.rawValue & ~(covered - 1))
    let lower = max(range.lowerBound, base)
    let upper = min(range.upperBound.advanced(by: -1), base.advanced(by: covered - 1))
    guard lower <= upper else { return }
    let page: Bytes
    do throws(Absence) {
      page = try tables.page(ofTable: table)
    } catch {
      return addGap(lower, error)
    }
    tablesLeft -= 1
    let offset = Int(truncatingIfNeeded: table.rawValue & shape.pageSize.mask)
    for index in shape.index(of: lower, atHeight: height)...shape.index(of: upper, atHeight: height)
    where !gaps.isBrokenOff {
      let place = base.advanced(by: UInt64(index) << shift)
      guard let entry = page.load(UInt64.self, at: offset + index * 8) else { return }
      switch shape.format.step(entry, height: height) {
      case .empty: continue
      case .malformed: addGap(place, .corrupt(.pageTable))
      case .table(let next): visit(next, height: height - 1, around: place, leaf: leaf)
      case .leaf(let physical):
        if let map = map(place, to: physical, size: 1 << shift) { leaf(map) }
      }
    }
  }

  private mutating func addGap(_ address: VirtualAddress, _ absence: Absence) {
    if gaps.unseen.count < 64 { gaps.unseen.append((address, absence)) }
  }

  /// The part of a leaf that lies in the range.
  private func map(
    _ place: VirtualAddress, to physical: PhysicalAddress, size: UInt64
  ) -> LinearMap? {
    let lower = max(place, range.lowerBound)
    let upper = min(place.advanced(by: size - 1), range.upperBound.advanced(by: -1))
    guard lower <= upper else { return nil }
    let start = PhysicalAddress(physical.rawValue & ~(size - 1))
    return LinearMap(
      range: lower..<upper.advanced(by: UInt64(1)),
      start: start.advanced(by: lower.offset(from: place)))
  }
}

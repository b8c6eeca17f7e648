/// Puts the records of a flattened file in order; where some overlap, the last one written counts.
enum RecordOrder {
  typealias Record = FlattenedRecords.Record

  static func sorted(_ written: [Record]) -> [Record] {
    let sorted = written.sorted { $0.offsets.lowerBound < $1.offsets.lowerBound }
    let isOverlapping = zip(sorted, sorted.dropFirst())
      .contains { $0.offsets.upperBound > $1.offsets.lowerBound }
    return isOverlapping ? resolved(written) : sorted
  }

  /// Cuts the offsets at every start and end of a record, gives each stretch to the last record
  /// that covers it, and joins the stretches that one record keeps.
  private static func resolved(_ written: [Record]) -> [Record] {
    let cuts = cuts(written)
    var owners = [Int?](repeating: nil, count: cuts.count)
    // For each stretch, one at or behind it that may still be free: whole runs are skipped at once.
    var skips = Array(0...cuts.count)
    func firstFree(from stretch: Int) -> Int {
      var free = stretch
      while skips[free] != free {
        skips[free] = skips[skips[free]]
        free = skips[free]
      }
      return free
    }
    for (index, record) in written.enumerated().reversed() {
      let end = position(of: record.offsets.upperBound, in: cuts)
      var stretch = firstFree(from: position(of: record.offsets.lowerBound, in: cuts))
      while stretch < end {
        owners[stretch] = index
        skips[stretch] = stretch + 1
        stretch = firstFree(from: stretch)
      }
    }
    return joined(owners, cuts, written)
  }

  /// Where records start or end: sorted, each once.
  private static func cuts(_ written: [Record]) -> [UInt64] {
    var all: [UInt64] = []
    all.reserveCapacity(written.count * 2)
    for record in written {
      all.append(record.offsets.lowerBound)
      all.append(record.offsets.upperBound)
    }
    all.sort()
    var cuts: [UInt64] = []
    for cut in all where cut != cuts.last { cuts.append(cut) }
    return cuts
  }

  private static func joined(
    _ owners: [Int?], _ cuts: [UInt64], _ written: [Record]
  ) -> [Record] {
    var records: [Record] = []
    var stretch = 0
    while stretch < owners.count {
      let first = stretch
      while stretch < owners.count, owners[stretch] == owners[first] { stretch += 1 }
      guard let owner = owners[first] else { continue }
      let skipped = Int(cuts[first] - written[owner].offsets.lowerBound)
      records.append(
        Record(
          offsets: cuts[first]..<cuts[stretch], fileOffset: written[owner].fileOffset + skipped))
    }
    return records
  }

  /// The index of a value that is in a sorted array.
  private static func position(of value: UInt64, in sorted: [UInt64]) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

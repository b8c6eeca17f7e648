/// Which compile unit has the code at an address.
struct CodeMap {
  /// A run of code of one unit.
  struct Run {
    let start: UInt64
    let end: UInt64
    /// Where the unit's entry lies in its section.
    let unit: UInt64
  }

  private let runs: [Run]

  init(_ runs: [Run]) {
    self.runs = runs.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
  }

  /// The unit whose code covers an address.
  func unit(at address: UInt64) -> UInt64? {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    // Runs do not overlap, except where damaged or where code was left out of the file.
    for run in runs[max(0, low - 8)..<low].reversed() where address < run.end { return run.unit }
    return nil
  }
}

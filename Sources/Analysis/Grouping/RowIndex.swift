/// Finds the row of a key: an open-addressing hash table of row numbers.
struct RowIndex {
  private var keys: [UInt64] = Array(repeating: 0, count: 64)
  private var rows: [Int32] = Array(repeating: -1, count: 64)
  private var used = 0

  @inline(__always) private func place(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: key ^ key >> 32) & (keys.count - 1)
  }

  /// The row of a key, or nil when it has none.
  @inline(__always) func row(of key: UInt64) -> Int? {
    var place = place(of: key)
    while rows[place] >= 0 {
      if keys[place] == key { return Int(rows[place]) }
      place = (place + 1) & (keys.count - 1)
    }
    return nil
  }

  /// Enters a row under a key that has none.
  mutating func insert(_ row: Int, for key: UInt64) {
    if (used + 1) * 2 > keys.count { grow() }
    used += 1
    put(Int32(row), key)
  }

  private mutating func put(_ row: Int32, _ key: UInt64) {
    var place = place(of: key)
    while rows[place] >= 0 { place = (place + 1) & (keys.count - 1) }
    keys[place] = key
    rows[place] = row
  }

  private mutating func grow() {
    let old = (keys, rows)
    keys = Array(repeating: 0, count: old.0.count * 2)
    rows = Array(repeating: -1, count: old.1.count * 2)
    for (key, row) in zip(old.0, old.1) where row >= 0 { put(row, key) }
  }
}

internal import DebugInfo

/// Divides objects that have symbols in them by the symbols that are their own.
///
/// An object is followed, up to the end of its slot, by what the slot held before, symbols
/// included. Its own ones are told by their place: they stand in front of the others, at offsets
/// where nearly all objects of the kind have a symbol. Two objects that differ in a function there
/// have different owners. A symbol of data may be a neighbour in a list as well as, say, a table of
/// operations, so it counts only when several objects share it.
struct SymbolClusters {
  /// A symbol that fewer objects have in one place is taken for chance, such as a list's head.
  private static let fewest = 4
  /// Each division makes the parts smaller; deeper ones are not worth the time.
  private static let deepest = 8

  /// The clusters found.
  private(set) var clusters: [Cluster] = []
  /// The rows of objects that are too various to be told apart.
  private(set) var rest: [Int] = []
  private let tally: SignatureTally
  private let table: SymbolTable
  private let frequencies: [StrongWord: Int]

  /// Divides rows of a tally whose objects all have symbols in them.
  init(_ tally: SignatureTally, rows: [Int], table: SymbolTable) {
    self.tally = tally
    self.table = table
    frequencies = tally.frequencies(of: rows)
    let buckets = divide(rows, by: firstFrequentWord).values
      .map { (rows: $0, count: tally.count(of: $0)) }
      .sorted { ($1.count, $0.rows[0]) < ($0.count, $1.rows[0]) }
    for bucket in buckets.prefix(Clustering.limit) { divide(bucket.rows, depth: 0) }
    rest = buckets.dropFirst(Clustering.limit).flatMap(\.rows)
  }

  /// The symbol nearest to the object's start that is not there by chance.
  private func firstFrequentWord(of row: Int) -> StrongWord? {
    let words = tally.strongWords(of: row)
    return words.first { frequencies[$0] ?? 0 >= Self.fewest }
      ?? words.max { (frequencies[$0] ?? 0, $1.word) < (frequencies[$1] ?? 0, $0.word) }
  }

  private mutating func divide(_ rows: [Int], depth: Int) {
    let places = Places(rows, in: tally)
    let parts = divide(rows) { identity(of: $0, at: places) }
    if parts.count > 1, depth < Self.deepest {
      for part in parts.values { divide(part, depth: depth + 1) }
    } else if depth < Self.deepest, !holdsFunction(rows, at: places) {
      divideByFunction(rows, depth: depth)
    } else {
      clusters.append(Cluster(level: .symbols, rows: rows))
    }
  }

  /// Objects that share only a symbol of data can be of several kinds: the functions behind it,
  /// if there are any that many of them have, tell them apart.
  private mutating func divideByFunction(_ rows: [Int], depth: Int) {
    let inside = tally.frequencies(of: rows).filter { isFunction($0.key.token) }
    let total = tally.count(of: rows)
    let parts = divide(rows) { row in
      tally.strongWords(of: row).first {
        inside[$0] ?? 0 >= max(Self.fewest, total / 100)
      }
    }
    for (function, part) in parts {
      if function == nil || parts.count == 1 {
        clusters.append(Cluster(level: .symbols, rows: part))
      } else {
        divide(part, depth: depth + 1)
      }
    }
  }

  private func divide<Key: Hashable>(
    _ rows: [Int], by key: (Int) -> Key
  ) -> [Key: [Int]] {
    Dictionary(grouping: rows, by: key)
  }

  /// What tells the owner of a row's objects.
  private func identity(of row: Int, at places: Places) -> [StrongWord] {
    tally.strongWords(of: row).filter { word in
      if isFunction(word.token) { return places.last.map { word.word <= $0 } ?? false }
      return places.usual.contains(word.word)
        && frequencies[word] ?? 0 >= max(Self.fewest, places.total / 1000)
    }
  }

  private func holdsFunction(_ rows: [Int], at places: Places) -> Bool {
    rows.first.map { identity(of: $0, at: places).contains { isFunction($0.token) } } ?? false
  }

  private func isFunction(_ token: WordToken) -> Bool {
    table.kind(of: token.symbolIndex) == .function
  }

  /// Where the objects of some rows have symbols.
  private struct Places {
    /// The words where at least nine in ten objects have one.
    let usual: Set<Int>
    /// The last of those words.
    let last: Int?
    /// The number of objects.
    let total: Int

    init(_ rows: [Int], in tally: SignatureTally) {
      var present: [Int: Int] = [:]
      var total = 0
      for row in rows {
        total += tally.rows[row].count
        for word in tally.strongWords(of: row) {
          present[word.word, default: 0] += tally.rows[row].count
        }
      }
      let least = total - total / 10
      usual = Set(present.filter { $0.value >= least }.keys)
      last = usual.max()
      self.total = total
    }
  }
}

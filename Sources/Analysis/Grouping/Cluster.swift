internal import DebugInfo

/// A symbol or pointer at its place in an object.
struct StrongWord: Hashable {
  /// The number of the word.
  let word: Int
  /// What it is.
  let token: WordToken
}

/// Rows of a tally whose objects look the same.
struct Cluster {
  /// What its objects are known by.
  var level: SignatureLevel
  /// The rows, ascending.
  var rows: [Int]
  /// What is known of the type of its objects.
  var type: ObjectType = .unknown

  /// The number of objects.
  func count(in tally: SignatureTally) -> Int { tally.count(of: rows) }
}

/// Divides the rows of a tally into clusters.
struct Clustering {
  /// A cache has no more clusters than this; what is left is put together.
  static let limit = 1024

  /// The clusters, in no particular order.
  private(set) var clusters: [Cluster] = []

  /// Divides a tally.
  init(_ tally: SignatureTally, symbols table: SymbolTable) {
    var symbols: [Int] = []
    var pointers: [Int] = []
    var rest: [Int] = []
    for (number, row) in tally.rows.enumerated() {
      switch row.level {
      case .symbols: symbols.append(number)
      case .pointers: pointers.append(number)
      case .text, .pattern:
        if row.count > 1 {
          clusters.append(Cluster(level: row.level, rows: [number]))
        } else {
          rest.append(number)
        }
      case .varied: rest.append(number)
      }
    }
    let symbolClusters = SymbolClusters(tally, rows: symbols, table: table)
    clusters += symbolClusters.clusters
    rest += symbolClusters.rest
    addPointerClusters(of: pointers, in: tally, rest: &rest)
    add(rest, of: tally)
    foldSmallest(in: tally)
  }

  /// Objects without symbols go by the pointer that most others have too, at the same place.
  private mutating func addPointerClusters(
    of rows: [Int], in tally: SignatureTally, rest: inout [Int]
  ) {
    let frequency = tally.frequencies(of: rows)
    var byPointer: [StrongWord: [Int]] = [:]
    for row in rows {
      let best = tally.strongWords(of: row).max {
        (frequency[$0] ?? 0, $1.word) < (frequency[$1] ?? 0, $0.word)
      }
      if let best, frequency[best] ?? 0 > 1 {
        byPointer[best, default: []].append(row)
      } else {
        rest.append(row)
      }
    }
    clusters += byPointer.values.map { Cluster(level: .pointers, rows: $0) }
  }

  /// Objects that have nothing in common, except that some are strings.
  private mutating func add(_ rest: [Int], of tally: SignatureTally) {
    let texts = rest.filter { tally.rows[$0].level == .text }
    let others = rest.filter { tally.rows[$0].level != .text }.sorted()
    if !texts.isEmpty { clusters.append(Cluster(level: .text, rows: texts)) }
    if !others.isEmpty { clusters.append(Cluster(level: .varied, rows: others)) }
  }

  private mutating func foldSmallest(in tally: SignatureTally) {
    guard clusters.count > Self.limit else { return }
    let sized = clusters.map { (count: $0.count(in: tally), cluster: $0) }
      .sorted { ($1.count, $0.cluster.rows[0]) < ($0.count, $1.cluster.rows[0]) }
    clusters = sized.prefix(Self.limit).map(\.cluster)
    let folded = sized.dropFirst(Self.limit).flatMap(\.cluster.rows).sorted()
    clusters.append(Cluster(level: .varied, rows: folded))
  }
}

extension SignatureTally {
  /// The number of objects of some rows.
  func count(of rows: [Int]) -> Int { rows.reduce(0) { $0 + self.rows[$1].count } }

  /// The symbols or pointers that identify a row, from the start of the object on.
  func strongWords(of row: Int) -> [StrongWord] {
    strong[rows[row].strong].map { StrongWord(word: Int($0.word), token: $0.token) }
  }

  /// How many objects of these rows have each symbol or pointer.
  func frequencies(of rows: [Int]) -> [StrongWord: Int] {
    var frequencies: [StrongWord: Int] = [:]
    for row in rows {
      for word in strongWords(of: row) { frequencies[word, default: 0] += self.rows[row].count }
    }
    return frequencies
  }
}

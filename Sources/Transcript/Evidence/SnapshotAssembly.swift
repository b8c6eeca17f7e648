import Evidence

/// Makes snapshots of counters that can be compared.
enum SnapshotAssembly {
  /// The snapshots in the sessions of a case, in the order of the texts; empty when there are not
  /// two of one kind.
  static func snapshots(_ sessions: [SessionFacts]) -> [CacheSnapshot] {
    let tables = sessions.flatMap(\.slabInfo).map(snapshot)
    if tables.count > 1 { return tables }
    let listings = sessions.flatMap(listings)
    return listings.count > 1 ? listings : []
  }

  private static func snapshot(_ table: SlabInfoTable) -> CacheSnapshot {
    CacheSnapshot(
      source: "\(table.input), line \(table.line)",
      caches: table.rows.map {
        CacheSnapshot.Entry(name: $0.name, objectSize: $0.objectSize, allocated: $0.active)
      })
  }

  /// What crash counted in a session: once, or at first and at last where a running machine's
  /// counts changed.
  private static func listings(_ session: SessionFacts) -> [CacheSnapshot] {
    guard !session.caches.isEmpty else { return [] }
    var first: [UInt64: CacheRow] = [:]
    var order: [UInt64] = []
    var last: [UInt64: CacheRow] = [:]
    for row in session.caches {
      if first[row.address] == nil {
        first[row.address] = row
        order.append(row.address)
      }
      last[row.address] = row
    }
    let place = session.banner.node ?? session.banner.dumpFile ?? "the session"
    let before = CacheSnapshot(
      source: "\(place) at first", caches: order.compactMap { first[$0].flatMap(entry) })
    let after = CacheSnapshot(
      source: session.caches.count > order.count ? "\(place) at last" : place,
      caches: order.compactMap { last[$0].flatMap(entry) })
    return session.caches.count > order.count ? [before, after] : [after]
  }

  private static func entry(_ row: CacheRow) -> CacheSnapshot.Entry? {
    guard let size = row.objectSize, let allocated = row.allocated else { return nil }
    return CacheSnapshot.Entry(name: row.name, objectSize: size, allocated: allocated)
  }
}

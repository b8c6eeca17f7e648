internal import Evidence

/// The objects of a cache by state, as far as they are known.
struct ObjectCounts: Sendable {
  let allocated: Int?
  let free: Int?
  let pending: Int?
  let indeterminate: Int?
  /// The objects in all states.
  let total: Int?

  /// Counts of objects that were each looked at.
  init(_ counts: StateCounts) {
    allocated = counts.allocated
    free = counts.free
    pending = counts.pending
    indeterminate = counts.indeterminate
    total = counts.total
  }

  /// Counts that somebody else made, who knew two states only.
  init(_ counters: CacheCounters) {
    allocated = counters.allocated
    total = counters.total
    free = counters.total.flatMap { total in
      counters.allocated.flatMap { $0 <= total ? total - $0 : nil }
    }
    pending = nil
    indeterminate = nil
  }

  /// The number of objects in a state.
  subscript(kind: ObjectStateKind) -> Int? {
    switch kind {
    case .allocated: allocated
    case .free: free
    case .pending: pending
    case .indeterminate: indeterminate
    }
  }
}

internal import Evidence

// Raw values of these enumerations are storage; their names are part of the JSON schemas.

extension ObjectStateKind {
  /// The state as programs read it.
  var name: String {
    switch self {
    case .allocated: "allocated"
    case .free: "free"
    case .pending: "pending"
    case .indeterminate: "indeterminate"
    }
  }
}

extension FreeSite {
  /// The place as programs read it.
  var name: String {
    switch self {
    case .slab: "slab"
    case .cpuSlab: "cpu_slab"
    case .cpuSheaf: "cpu_sheaf"
    case .barn: "barn"
    case .cpuArray: "cpu_array"
    case .sharedArray: "shared_array"
    case .alienArray: "alien_array"
    case .kfence: "kfence"
    }
  }

  /// The place in words that fit behind "free, ".
  var words: String {
    switch self {
    case .slab: "on its slab's freelist"
    case .cpuSlab: "on the freelist of a CPU's slab"
    case .cpuSheaf: "in a CPU's sheaf"
    case .barn: "in a full sheaf of a node's barn"
    case .cpuArray: "in a CPU's array cache"
    case .sharedArray: "in a node's shared array cache"
    case .alienArray: "in an array cache on its way to another node"
    case .kfence: "freed, guarded by KFENCE"
    }
  }
}

extension PendingSite {
  /// The place as programs read it.
  var name: String {
    switch self {
    case .rcuSheaf: "rcu_sheaf"
    case .kfreeRCU: "kfree_rcu"
    case .callRCU: "call_rcu"
    case .quarantine: "quarantine"
    case .deferredFree: "deferred_free"
    }
  }

  /// The place in words that fit behind "freed, but not yet returned: ".
  var words: String {
    switch self {
    case .rcuSheaf: "in a sheaf that waits for an RCU grace period"
    case .kfreeRCU: "passed to kfree_rcu, waiting for a grace period"
    case .callRCU: "passed to call_rcu, waiting for a grace period"
    case .quarantine: "in KASAN's quarantine"
    case .deferredFree: "on a list of deferred frees"
    }
  }
}

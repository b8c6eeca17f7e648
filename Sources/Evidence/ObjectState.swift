/// What the dump tells about one slot of a slab.
public enum ObjectState: Hashable, Sendable {
  /// Given to a user and not returned.
  case allocated
  /// Free, and on which list it was found.
  case free(FreeSite)
  /// Returned by its user, but not yet to the allocator.
  case pending(PendingSite)
  /// The dump does not tell. The number is an index into `Census.faults`.
  case indeterminate(fault: Int)
}

/// A place where the allocator keeps free objects.
public enum FreeSite: UInt8, Hashable, Sendable, CaseIterable {
  /// The freelist of the slab itself.
  case slab
  /// SLUB: the lockless freelist of the slab that a CPU allocates from.
  case cpuSlab
  /// SLUB since 6.18: a CPU's main or spare sheaf.
  case cpuSheaf
  /// SLUB since 6.18: a full sheaf in a node's barn.
  case barn
  /// SLAB: a CPU's array cache.
  case cpuArray
  /// SLAB: a node's shared array cache.
  case sharedArray
  /// SLAB: an array cache of objects on their way to another node.
  case alienArray
  /// KFENCE: a guarded object that was freed.
  case kfence
}

/// A place where objects wait that were freed but that the allocator counts as allocated.
public enum PendingSite: UInt8, Hashable, Sendable, CaseIterable {
  /// A sheaf that waits for an RCU grace period.
  case rcuSheaf
  /// `kfree_rcu` or `kvfree_rcu`, in a batch or list that waits for a grace period.
  case kfreeRCU
  /// `call_rcu` with the callback that frees the object.
  case callRCU
  /// KASAN's quarantine.
  case quarantine
  /// A list of frees deferred to a safer context.
  case deferredFree
}

/// The four kinds of `ObjectState`, as they are counted and stored.
public enum ObjectStateKind: UInt8, Hashable, Sendable, CaseIterable {
  /// See `ObjectState.allocated`.
  case allocated
  /// See `ObjectState.free(_:)`.
  case free
  /// See `ObjectState.pending(_:)`.
  case pending
  /// See `ObjectState.indeterminate(fault:)`.
  case indeterminate
}

/// How many objects are in each state.
public struct StateCounts: Hashable, Sendable {
  /// Objects given to a user and not returned.
  public private(set) var allocated = 0
  /// Objects on a free list of the allocator.
  public private(set) var free = 0
  /// Objects returned by their user, but not yet to the allocator.
  public private(set) var pending = 0
  /// Objects of which the dump does not tell.
  public private(set) var indeterminate = 0

  /// Starts with none.
  public init() {}

  /// Counts one more object.
  public mutating func count(_ kind: ObjectStateKind) {
    switch kind {
    case .allocated: allocated += 1
    case .free: free += 1
    case .pending: pending += 1
    case .indeterminate: indeterminate += 1
    }
  }

  /// The number of objects in a state.
  public subscript(kind: ObjectStateKind) -> Int {
    switch kind {
    case .allocated: allocated
    case .free: free
    case .pending: pending
    case .indeterminate: indeterminate
    }
  }

  /// The number of objects in all states.
  public var total: Int { allocated + free + pending + indeterminate }
}

internal import Evidence

/// The schema `slabscope.caches/1`.
struct EncodedCaches: Encodable, Sendable {
  let schema = "slabscope.caches/1"
  let coverage: EncodedCoverage
  let caches: [EncodedCache]

  init(_ subject: Subject) {
    coverage = EncodedCoverage(subject.coverage)
    caches = CacheSummary.all(in: subject).map {
      EncodedCache($0, variables: VariableNames.of($0.cache, in: subject))
    }
  }
}

/// A cache in `slabscope.caches/1` and `slabscope.analyze/1`.
struct EncodedCache: Encodable, Sendable {
  let name: String
  let aliases: [String]
  /// Static variables that hold its address.
  let variables: [String]
  /// The cache that it has the objects of one memory cgroup of.
  @OrNull var root: EncodedAddress?
  let sharers: Int
  @OrNull var address: EncodedAddress?
  let objectSize: Int
  let slotSize: Int
  let objectsPerSlab: Int
  @OrNull var slabs: Int?
  @OrNull var allocated: Int?
  @OrNull var free: Int?
  @OrNull var pending: Int?
  @OrNull var indeterminate: Int?
  /// How many that count as allocated may be free at most.
  let overcount: Int
  @OrNull var bytes: Int?
  @OrNull var waste: Int?
  @OrNull var absentPages: Int?
  let faults: [EncodedFault]

  init(_ summary: CacheSummary, variables: [String]) {
    name = summary.cache.name
    aliases = summary.cache.aliases
    self.variables = variables
    root = summary.cache.root.map { EncodedAddress($0) }
    sharers = summary.cache.sharers
    address = summary.cache.knownAddress.map { EncodedAddress($0) }
    objectSize = summary.cache.objectSize
    slotSize = summary.cache.slotSize
    objectsPerSlab = summary.cache.objectsPerSlab
    slabs = summary.slabs
    allocated = summary.counts?.allocated
    free = summary.counts?.free
    pending = summary.counts?.pending
    indeterminate = summary.counts?.indeterminate
    overcount = summary.cache.overcount
    bytes = summary.bytes
    waste = summary.waste
    absentPages = summary.absentPages
    faults = summary.faults.map { EncodedFault($0) }
  }
}

/// Something in a cache or slab that cannot be as it should.
struct EncodedFault: Encodable, Sendable {
  let kind: String
  @OrNull var address: EncodedAddress?
  let summary: String

  init(_ fault: Fault) {
    kind = fault.kind.name
    address = fault.address.map { EncodedAddress($0) }
    summary = fault.summary
  }
}

extension Fault.Kind {
  /// The kind as programs read it.
  fileprivate var name: String {
    switch self {
    case .absent: "absent"
    case .wildPointer: "wild_pointer"
    case .cycle: "cycle"
    case .doubleFree: "double_free"
    case .mismatch: "mismatch"
    case .impossible: "impossible"
    }
  }
}

public import Evidence
internal import Memory

/// What an analysis found and how much it saw: as much of it as the next one is compared with.
public struct AnalysisRecord: Hashable, Sendable {
  /// What was found, one for each fingerprint, in the order of the report.
  public let leaks: [LeakRecord]
  /// How well each cache was seen, in the order of the report.
  public let caches: [CacheRecord]
  /// Whether time was over before everything was looked at.
  public let isStopped: Bool
  /// The page frames of which it is not known whether they are slabs of any cache.
  public let unknownFrames: Int

  /// Records findings and caches; findings of one fingerprint are added up.
  public init(
    leaks: [LeakRecord], caches: [CacheRecord], isStopped: Bool = false, unknownFrames: Int = 0
  ) {
    var places: [String: Int] = [:]
    var merged: [LeakRecord] = []
    for leak in leaks {
      if let place = places[leak.fingerprint] {
        merged[place].add(leak)
      } else {
        places[leak.fingerprint] = merged.count
        merged.append(leak)
      }
    }
    self.leaks = merged
    self.caches = caches
    self.isStopped = isStopped
    self.unknownFrames = unknownFrames
  }

  /// Records what was found in a kernel.
  public init(_ findings: [Finding], in subject: Subject) {
    self.init(
      leaks: findings.map { LeakRecord($0) },
      caches: subject.census.caches.indices.map { CacheRecord($0, in: subject) },
      isStopped: subject.coverage.isStopped, unknownFrames: subject.coverage.unknownFrames)
  }
}

/// A leak as the next analysis knows it again.
public struct LeakRecord: Hashable, Sendable {
  /// The same for the same leak on every boot and machine.
  public let fingerprint: String
  /// One sentence on it.
  public let title: String
  /// How sure it is.
  public let certainty: Certainty
  /// The number of leaked objects, or nil when it is not known.
  public private(set) var count: Int?
  /// The memory they occupy in bytes, or nil when it is not known.
  public private(set) var bytes: Int?

  /// Describes a leak.
  public init(
    fingerprint: String, title: String, certainty: Certainty, count: Int?, bytes: Int?
  ) {
    self.fingerprint = fingerprint
    self.title = title
    self.certainty = certainty
    self.count = count
    self.bytes = bytes
  }

  init(_ finding: Finding) {
    self.init(
      fingerprint: finding.fingerprint, title: finding.title, certainty: finding.certainty,
      count: finding.count, bytes: finding.bytes)
  }

  /// Adds the same leak in another cache, as where the kernel spreads allocations over caches.
  fileprivate mutating func add(_ other: LeakRecord) {
    count = Self.sum(count, other.count)
    bytes = Self.sum(bytes, other.bytes)
  }

  private static func sum(_ one: Int?, _ other: Int?) -> Int? {
    guard let one, let other else { return nil }
    let (sum, overflow) = one.addingReportingOverflow(other)
    return overflow ? nil : sum
  }
}

/// How well a cache was seen.
public struct CacheRecord: Hashable, Sendable {
  /// Its name; names can repeat.
  public let name: String
  /// The objects in its slabs, or nil when it could not be walked at all.
  public let objects: Int?
  /// Those of which the dump does not tell whether they are allocated, or nil when not known.
  public let indeterminate: Int?
  /// The bytes of its slabs, or nil when not known.
  public let bytes: Int?
  /// The bytes of its slabs that cannot be read, or nil when not known.
  public let absentBytes: Int?

  /// Describes a cache.
  public init(name: String, objects: Int?, indeterminate: Int?, bytes: Int?, absentBytes: Int?) {
    self.name = name
    self.objects = objects
    self.indeterminate = indeterminate
    self.bytes = bytes
    self.absentBytes = absentBytes
  }

  fileprivate init(_ index: Int, in subject: Subject) {
    let census = subject.census
    let cache = census.caches[index]
    let slabs = census.slabsOfCache[index]
    if subject.counters.indices.contains(index), let counters = subject.counters[index] {
      self.init(
        name: cache.name, objects: counters.total, indeterminate: nil, bytes: counters.bytes,
        absentBytes: nil)
    } else if slabs.isEmpty, !cache.faults.isEmpty {
      self.init(name: cache.name, objects: nil, indeterminate: nil, bytes: nil, absentBytes: nil)
    } else {
      let pageSize = subject.memory.pageSize.bytes
      let absent = subject.coverage.absentPages
      self.init(
        name: cache.name, objects: census.counts[index].total,
        indeterminate: census.counts[index].indeterminate,
        bytes: slabs.reduce(0) { $0 + Int(census.slabs[$1].pages) * pageSize },
        absentBytes: (absent.indices.contains(index) ? absent[index] : 0) * pageSize)
    }
  }
}

public import Evidence
internal import DebugInfo
internal import Memory

/// Puts the allocated objects of slab caches into groups that look the same.
///
/// Every allocated object that can be read is in exactly one group. Objects that were freed but
/// still wait for RCU and the like are not looked at. The result does not depend on the number of
/// processors.
public enum CacheGrouping {
  /// The slots whose objects one task reads; fixed, so that the results are, too.
  private static let slotsPerTask = 1 << 15
  /// How many tasks read at the same time: enough for the processors that a laptop has, and few
  /// enough that what they hold stays small.
  private static let tasksAtOnce = 4

  /// The groups of every cache, in the order of the census; caches without slabs have none.
  ///
  /// Only those that take a thousandth of all allocated slab memory or more are given a type.
  ///
  /// Of caches that are too large for `sampling`, some slabs are chosen. When the time is over, the
  /// largest caches have been read.
  public static func groups(
    in subject: Subject, sampling: Sampling = .standard
  ) async -> [CacheGroups] {
    let total = zip(subject.census.caches, subject.census.counts).reduce(0) { total, cache in
      total &+ cache.0.slotSize &* cache.1.allocated
    }
    let typing = ObjectTyping(subject, leastBytes: total / 1000)
    var groups: [CacheGroups] = []
    for cache in subject.census.cachesBySize {
      groups.append(
        await self.groups(ofCache: cache, in: subject, typing: typing, sampling: sampling))
    }
    return groups.sorted { $0.cache < $1.cache }
  }

  /// The groups of one cache, which must be an index into the census's caches.
  public static func groups(
    ofCache cache: Int, in subject: Subject, sampling: Sampling = .standard
  ) async -> CacheGroups {
    await groups(ofCache: cache, in: subject, typing: ObjectTyping(subject), sampling: sampling)
  }

  /// The groups of one cache; an object counts as text when it is a string of `shortestText` bytes,
  /// or of as many as its cache makes likely.
  static func groups(
    ofCache cache: Int, in subject: Subject, typing: ObjectTyping, sampling: Sampling = .standard,
    shortestText: Int? = nil
  ) async -> CacheGroups {
    let (slabs, sample) = sampling.choice(ofCache: cache, in: subject)
    let tally = await tally(of: slabs, ofCache: cache, in: subject, shortestText: shortestText)
    var clusters = Clustering(tally, symbols: subject.symbols).clusters
    typing.type(&clusters, of: tally, cache: cache)
    let assembly = GroupAssembly(tally, cache: cache, in: subject)
    var groups = assembly.groups(of: clusters)
    for group in groups.indices { groups[group].sample = sample }
    var result = CacheGroups(
      cache: cache, groups: groups, grouped: tally.slots.count, unread: tally.unread.objects,
      corruptPages: tally.unread.corruptPages)
    result.sample = sample
    return result
  }

  /// Reads the objects in some slabs of a cache, several runs of slabs at the same time.
  private static func tally(
    of slabs: [Int], ofCache cache: Int, in subject: Subject, shortestText: Int?
  ) async -> SignatureTally {
    let scan = ObjectScan(of: cache, in: subject)
    var runs = runs(of: slabs, in: subject.census)[...]
    var result = SignatureTally(wordCount: (scan.length + 7) / 8)
    guard runs.count > 1 else {
      if let only = runs.first {
        read(only, of: cache, scan, shortestText, in: subject, into: &result)
      }
      return result
    }
    await withTaskGroup(of: (Int, SignatureTally).self) { group in
      var started = 0
      func start() {
        guard let run = runs.popFirst() else { return }
        let number = started
        started += 1
        group.addTask {
          var part = SignatureTally(wordCount: (scan.length + 7) / 8)
          read(run, of: cache, scan, shortestText, in: subject, into: &part)
          return (number, part)
        }
      }
      for _ in 0..<tasksAtOnce { start() }
      // Parts are joined in the order of their slabs, whichever is ready first.
      var waiting: [Int: SignatureTally] = [:]
      var next = 0
      for await (number, part) in group {
        waiting[number] = part
        while let part = waiting.removeValue(forKey: next) {
          result.absorb(part)
          next += 1
          start()
        }
      }
    }
    return result
  }

  private static func read(
    _ slabs: ArraySlice<Int>, of cache: Int, _ scan: ObjectScan, _ shortestText: Int?,
    in subject: Subject, into tally: inout SignatureTally
  ) {
    var words = ClassedWords(
      of: cache, length: scan.length, shortestText: shortestText, in: subject)
    for slab in slabs {
      guard !TimeLimit.isOver else { return }
      tally.unread += scan.forEachObject(ofSlab: slab) { object, span in
        words.read(object, in: span)
        tally.add(words, slot: object.slot)
      }
    }
  }

  /// Cuts a cache's slabs into runs of about the same number of slots.
  private static func runs(of slabs: [Int], in census: Census) -> [ArraySlice<Int>] {
    var runs: [ArraySlice<Int>] = []
    var start = 0
    var slots = 0
    for (position, slab) in slabs.enumerated() {
      slots += Int(census.slabs[slab].slots)
      if slots >= slotsPerTask {
        runs.append(slabs[start...position])
        start = position + 1
        slots = 0
      }
    }
    if start < slabs.count { runs.append(slabs[start...]) }
    return runs
  }
}

extension Census {
  /// The indices of the caches, those with most memory in allocated objects first.
  fileprivate var cachesBySize: [Int] {
    let sizes = zip(caches, counts).map { $0.slotSize &* $1.allocated }
    return caches.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
  }
}

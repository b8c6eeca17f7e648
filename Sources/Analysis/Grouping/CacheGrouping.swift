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
  public static func groups(in subject: Subject) async -> [CacheGroups] {
    let total = zip(subject.census.caches, subject.census.counts).reduce(0) { total, cache in
      total &+ cache.0.slotSize &* cache.1.allocated
    }
    let typing = ObjectTyping(subject, leastBytes: total / 1000)
    var groups: [CacheGroups] = []
    for cache in subject.census.caches.indices {
      groups.append(await self.groups(ofCache: cache, in: subject, typing: typing))
    }
    return groups
  }

  /// The groups of one cache, which must be an index into the census's caches.
  public static func groups(ofCache cache: Int, in subject: Subject) async -> CacheGroups {
    await groups(ofCache: cache, in: subject, typing: ObjectTyping(subject))
  }

  /// The groups of one cache; an object counts as text when it is a string of `shortestText` bytes,
  /// or of as many as its cache makes likely.
  static func groups(
    ofCache cache: Int, in subject: Subject, typing: ObjectTyping, shortestText: Int? = nil
  ) async -> CacheGroups {
    let tally = await tally(ofCache: cache, in: subject, shortestText: shortestText)
    var clusters = Clustering(tally, symbols: subject.symbols).clusters
    typing.type(&clusters, of: tally, cache: cache)
    let assembly = GroupAssembly(tally, cache: cache, in: subject)
    return CacheGroups(
      cache: cache, groups: assembly.groups(of: clusters), grouped: tally.slots.count,
      unread: tally.unread.objects, corruptPages: tally.unread.corruptPages)
  }

  /// Reads a cache's objects, several runs of slabs at the same time.
  private static func tally(
    ofCache cache: Int, in subject: Subject, shortestText: Int?
  ) async -> SignatureTally {
    let scan = ObjectScan(of: cache, in: subject)
    var runs = runs(of: subject.census.slabsOfCache[cache], in: subject.census)[...]
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

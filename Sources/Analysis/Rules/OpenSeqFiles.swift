internal import ByteKit
internal import DebugInfo
internal import Evidence
internal import Memory

/// The `seq_operations` that open files use: those that a live `struct seq_file` points to.
struct OpenSeqFiles {
  /// The slots of the objects in use.
  private(set) var operations: SlotSet
  /// The number of live `seq_file` objects, or nil when they have no cache of their own and all
  /// objects of all caches were looked at instead.
  private(set) var files: Int?
  /// The number of objects that were to be looked at and cannot be read, or are not even listed.
  private(set) var unread = 0
  private let reachability: Reachability?

  /// Looks for references to the members of some groups; a `seq_file` that is lost itself, as
  /// `reachability` tells where it is known, is no user.
  init(of groups: [ObjectGroup], in subject: Subject, _ reachability: Reachability? = nil) {
    self.reachability = reachability
    let census = subject.census
    let members = SlotSet(groups.lazy.flatMap(\.slots), slotCount: census.slotCount)
    operations = SlotSet(slotCount: census.slotCount)
    // Since "seq_file: allocate seq_file from kmem_cache", v4.17; before that, in `kmalloc` caches.
    let caches = census.caches(named: "seq_file")
    let offset = subject.types?.structure("seq_file", near: ["seq_open", "single_open"])?
      .offset("op")
    if !caches.isEmpty { files = 0 }
    for cache in caches.isEmpty ? Array(census.caches.indices) : caches {
      search(cache, at: caches.isEmpty ? nil : offset, for: members, in: subject)
    }
  }

  /// Looks at one word of each object of a cache, or at all words when the offset is not known.
  private mutating func search(
    _ cache: Int, at offset: Int?, for members: SlotSet, in subject: Subject
  ) {
    unread += max(0, subject.allocated(in: cache) - subject.census.counts[cache].allocated)
    let scan = ObjectScan(of: cache, in: subject)
    let classifier = WordClassifier(subject)
    for slab in subject.census.slabsOfCache[cache] {
      unread +=
        scan.forEachObject(ofSlab: slab) { object, span in
          let slot = UInt32(truncatingIfNeeded: object.slot)
          guard reachability?.isLost(slot) != true else { return }
          if files != nil { files = (files ?? 0) + 1 }
          let offsets =
            offset.map { stride(from: $0, to: $0 + 8, by: 8) }
            ?? stride(from: 0, to: object.count - 7, by: 8)
          for offset in offsets where object.known?[offset / 8] ?? true {
            guard offset + 8 <= object.count,
              let word = span.load(UInt64.self, at: object.offset + offset),
              let address = classifier.kernelAddress(word),
              let target = subject.census.object(containing: VirtualAddress(address)),
              target.offset == 0
            else { continue }
            let slot = subject.census.slot(of: target)
            if members.contains(slot) { operations.insert(slot) }
          }
        }.objects
    }
  }
}

extension Subject {
  /// The number of objects allocated in a cache: those of the census, or more by its counters.
  func allocated(in cache: Int) -> Int {
    let counted = counters.indices.contains(cache) ? counters[cache]?.allocated : nil
    return max(census.counts[cache].allocated, counted ?? 0)
  }
}

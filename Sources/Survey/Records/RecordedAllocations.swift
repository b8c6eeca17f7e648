public import Evidence
public import KernelImage
import Memory

/// Who allocated objects, from SLUB's own records and those of memory allocation profiling.
public struct RecordedAllocations: AllocationRecords {
  private let census: Census
  private let tracks: Tracks?
  private let tags: CodeTags?

  /// Finds the records; nil in a kernel that keeps none.
  public init?(_ kernel: Kernel, census: Census) {
    tracks = Tracks(kernel, census: census)
    tags = CodeTags(kernel)
    guard tracks != nil || tags != nil else { return nil }
    self.census = census
  }

  /// What is recorded of the object in a slot.
  public func record(of slot: Int) -> AllocationRecord? {
    guard let object = census.object(inSlot: slot) else { return nil }
    let found = traces(of: object)
    let record = AllocationRecord(
      allocation: found.tracks?.allocation.flatMap { tracks?.call($0) },
      free: found.tracks?.free.flatMap { tracks?.call($0) },
      line: found.tag.flatMap { tags?.line($0) })
    return record == AllocationRecord() ? nil : record
  }

  private func traces(
    of object: ObjectReference
  ) -> (tracks: (allocation: Tracks.Track?, free: Tracks.Track?)?, tag: VirtualAddress?) {
    let slab = census.slabs[object.slab]
    let found = tracks?.tracks(
      of: slab.object(object.index), cache: Int(slab.cache), slotSize: Int(slab.slotSize),
      in: census)
    return (found, tags?.tag(of: object.index, in: slab))
  }

  /// How many objects are looked at.
  private static let mostExamined = 1 << 17
  /// How many of an object's callers tell a way to the allocator from others.
  private static let framesOfSite = 4
  /// How many ways are told.
  private static let mostSites = 8
  /// How many different ways are kept apart; where there are more, the rest is not told.
  private static let mostKept = 1 << 14

  /// Who allocated the objects in some slots; an even sample of them where they are very many.
  public func sites(of slots: [UInt32]) -> AllocationSites? {
    let step = max((slots.count + Self.mostExamined - 1) / Self.mostExamined, 1)
    var tally = SiteTally()
    var examined = 0
    var recorded = 0
    for position in stride(from: 0, to: slots.count, by: step) {
      examined += 1
      guard let object = census.object(inSlot: Int(slots[position])) else { continue }
      let found = traces(of: object)
      let track = found.tracks?.allocation
      guard track != nil || found.tag != nil else { continue }
      let line = found.tag.flatMap { tag in tally.line(tag) { tags?.line($0) } }
      let stack = track.map { track in tally.stack(track) { tracks?.stack(of: $0) ?? [] } } ?? []
      guard line != nil || !stack.isEmpty else { continue }
      recorded += 1
      tally.add(stack, line, age: track.flatMap { tracks?.age(of: $0) })
    }
    guard recorded > 0 else { return nil }
    return AllocationSites(
      examined: examined, recorded: recorded, sites: tally.sites(Self.mostSites),
      ages: tally.ages)
  }

  /// Counts ways to the allocator; each stack and line is looked up once.
  private struct SiteTally {
    private struct Way: Hashable {
      let stack: [VirtualAddress]
      let line: AllocationLine?
    }

    private struct Callers: Hashable {
      let caller: VirtualAddress
      let callers: [UInt64]
    }

    private var lines: [VirtualAddress: AllocationLine?] = [:]
    private var stacks: [Callers: [VirtualAddress]] = [:]
    private var counts: [Way: Int] = [:]
    private(set) var ages: ClosedRange<Double>?

    mutating func line(
      _ tag: VirtualAddress, read: (VirtualAddress) -> AllocationLine?
    ) -> AllocationLine? {
      if let known = lines[tag] { return known }
      let line = read(tag)
      if lines.count < mostKept { lines[tag] = .some(line) }
      return line
    }

    mutating func stack(
      _ track: Tracks.Track, read: (Tracks.Track) -> [VirtualAddress]
    ) -> [VirtualAddress] {
      let key = Callers(caller: track.caller, callers: track.callers)
      if let known = stacks[key] { return known }
      let stack = Array(read(track).prefix(framesOfSite))
      if stacks.count < mostKept { stacks[key] = stack }
      return stack
    }

    mutating func add(_ stack: [VirtualAddress], _ line: AllocationLine?, age: Double?) {
      let way = Way(stack: stack, line: line)
      if counts.count < mostKept || counts[way] != nil { counts[way, default: 0] += 1 }
      guard let age else { return }
      ages = min(ages?.lowerBound ?? age, age)...max(ages?.upperBound ?? age, age)
    }

    /// The commonest ways.
    func sites(_ most: Int) -> [AllocationSites.Site] {
      let sorted = counts.sorted {
        ($1.value, $0.key.stack.first?.rawValue ?? 0, $0.key.line?.line ?? 0)
          < ($0.value, $1.key.stack.first?.rawValue ?? 0, $1.key.line?.line ?? 0)
      }
      return sorted.prefix(most).map {
        AllocationSites.Site(count: $0.value, stack: $0.key.stack, line: $0.key.line)
      }
    }
  }
}

import Memory

/// A slab as it will stand in the census: where it lies, and the listed objects that are its.
struct SlabPlan {
  /// The address of its first page, or of its first object where the text shows no more.
  let memory: UInt64
  /// The index of its cache among the session's caches.
  let cache: Int
  /// The size of its pages in bytes.
  var bytes: Int
  /// The distance from one object to the next.
  let stride: Int
  /// The address of its first object.
  let firstObject: UInt64
  /// The objects it has room for.
  var slots: Int
  /// How many of them the text lists.
  let listed: Int
  /// Its rows, in the order of the text: a range of `SlabPlanner.order`.
  let rows: Range<Int>
  /// What crash complained about it.
  let complaint: String?
}

/// Puts the rows of slabs, of which a text may show several for each slab, together.
struct SlabPlanner {
  /// SLUB counts the objects of a slab in 15 bits, SLAB in 16.
  private static let mostSlots = 1 << 16
  /// What a slab can be at most where its row tells no size.
  private static let largestSlab = 4 << 20

  private let facts: SessionFacts
  /// The index of the cache of each row, among `caches`.
  private let cacheOfRow: [Int]
  private let caches: [CacheEntry]
  /// The distance between the objects of each cache.
  let strides: [Int]
  /// The rows by the addresses of their slabs, those of one slab in the order of the text.
  private(set) var order: [Int] = []

  init(_ facts: SessionFacts, caches: [CacheEntry], cacheOfRow: [Int]) {
    self.facts = facts
    self.caches = caches
    self.cacheOfRow = cacheOfRow
    strides = Self.strides(facts, caches, cacheOfRow)
    order = facts.slabs.indices.filter { memory($0) != nil }
      .sorted { (memory($0) ?? 0, $0) < (memory($1) ?? 0, $1) }
  }

  /// The distance between the objects of each cache: the smallest that listings show, unless it is
  /// less than an object.
  ///
  /// SLAB's OBJSIZE is this distance; SLUB's leaves out red zones and alignment.
  private static func strides(
    _ facts: SessionFacts, _ caches: [CacheEntry], _ cacheOfRow: [Int]
  ) -> [Int] {
    var smallest = [UInt64?](repeating: nil, count: caches.count)
    for row in facts.slabs.indices {
      let objects = facts.objects(ofSlab: row)
      let cache = cacheOfRow[row]
      let least = UInt64(max(caches[cache].row.objectSize ?? 8, 1))
      for index in objects.dropFirst() {
        let (one, other) = (facts.objects.addresses[index - 1], facts.objects.addresses[index])
        guard other > one, other - one >= least, other - one < smallest[cache] ?? 1 << 22 else {
          continue
        }
        smallest[cache] = other - one
      }
    }
    return caches.indices.map { cache in
      smallest[cache].map { Int($0) }
        ?? min(max(8, ((caches[cache].row.objectSize ?? 8) + 7) / 8 * 8), largestSlab)
    }
  }

  /// Hands over the slabs by address, none reaching into the next, with rows of no use left out,
  /// until `body` returns false.
  func forEachPlan(_ body: (SlabPlan) -> Bool) {
    let complaints = complaints()
    var waiting: SlabPlan?
    var position = 0
    while position < order.count {
      let start = position
      let memory = memory(order[start])
      while position < order.count, self.memory(order[position]) == memory { position += 1 }
      guard let memory, let plan = plan(memory, start..<position, complaints) else { continue }
      if let last = waiting {
        let overlaps = plan.memory < last.memory + UInt64(last.bytes)
        // Two listings of different times, or a damaged address: the one with more objects stays.
        if overlaps, last.listed >= plan.listed { continue }
        if !overlaps, !body(last) { return }
      }
      waiting = plan
    }
    if let waiting { _ = body(waiting) }
  }

  /// Where the slab of a row begins, or nil when nothing tells.
  private func memory(_ row: Int) -> UInt64? { facts.slabs[row].memory ?? loneMemory(row) }

  /// The page of objects that are listed without a slab's row.
  private func loneMemory(_ row: Int) -> UInt64? {
    guard let first = facts.objects(ofSlab: row).first else { return nil }
    let address = facts.objects.addresses[first]
    let size = caches[cacheOfRow[row]].row.slabBytes ?? 4096
    let mask = UInt64(size > 0 && size & (size - 1) == 0 ? size : 4096) - 1
    return address & ~mask
  }

  private func plan(
    _ memory: UInt64, _ range: Range<Int>, _ complaints: [UInt64: String]
  ) -> SlabPlan? {
    let rows = order[range]
    guard let row = rows.last else { return nil }
    let cache = cacheOfRow[row]
    let stride = strides[cache]
    var first = UInt64.max
    var last: UInt64 = 0
    for row in rows {
      for object in facts.objects(ofSlab: row) {
        let address = facts.objects.addresses[object]
        guard address >= memory, address - memory < UInt64(Self.largestSlab) else { continue }
        first = min(first, address)
        last = max(last, address)
      }
    }
    // All of a slab's objects lie at the same distance from its start, modulo their own.
    let firstObject =
      first == .max ? memory : memory + (first - memory) % UInt64(stride)
    let bytes = min(caches[cache].row.slabBytes ?? 0, Self.largestSlab)
    let needed = first == .max ? 0 : Int((last - firstObject) / UInt64(stride)) + 1
    var slots = needed
    if let total = rows.compactMap({ facts.slabs[$0].total }).last, bytes > 0 {
      slots = max(needed, min(total, (bytes - min(bytes, Int(firstObject - memory))) / stride))
    }
    slots = min(max(slots, 0), Self.mostSlots)
    let span = Int(firstObject - memory) + slots * stride
    guard slots > 0 || bytes > 0,
      memory.addingReportingOverflow(UInt64(max(span, bytes))).overflow == false
    else { return nil }
    let complaint = rows.compactMap { complaints[facts.slabs[$0].descriptor] }.first
    return SlabPlan(
      memory: memory, cache: cache, bytes: max(bytes, span), stride: stride,
      firstObject: firstObject, slots: slots,
      listed: listedSlots(rows, from: firstObject, stride, slots), rows: range,
      complaint: complaint)
  }

  private func listedSlots(
    _ rows: ArraySlice<Int>, from first: UInt64, _ stride: Int, _ slots: Int
  ) -> Int {
    var isListed = [Bool](repeating: false, count: slots)
    var count = 0
    for row in rows {
      for object in facts.objects(ofSlab: row) {
        let (place, rest) = (facts.objects.addresses[object] &- first)
          .quotientAndRemainder(dividingBy: UInt64(stride))
        guard rest == 0, place < UInt64(slots), !isListed[Int(place)] else { continue }
        isListed[Int(place)] = true
        count += 1
      }
    }
    return count
  }

  /// What crash complained about single slabs, by the address of their descriptor:
  /// `NAME: slab: ADDRESS invalid freepointer: VALUE`.
  private func complaints() -> [UInt64: String] {
    var complaints: [UInt64: String] = [:]
    for error in facts.errors where error.command == "kmem" {
      let words = error.message.split(separator: " ")
      guard let index = words.firstIndex(of: "slab:"), index + 1 < words.count,
        let address = UInt64(words[index + 1], radix: 16)
      else { continue }
      complaints[address] = words[(index + 2)...].joined(separator: " ")
    }
    return complaints
  }
}

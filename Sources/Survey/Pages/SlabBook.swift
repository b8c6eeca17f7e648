import Evidence
import KernelImage
import Memory

/// All slabs of the dump, by page frame, each with its cache.
struct SlabBook: Sendable {
  /// A slab that cannot be as its `struct page` says, and what is wrong with it.
  struct Defect: Sendable {
    /// The index of the slab.
    let slab: Int
    /// What is wrong.
    let fault: Fault
  }

  /// The slabs, ascending and without overlaps.
  private(set) var slabs: [SurveyedSlab] = []
  /// Slabs none of whose slots can be told.
  private(set) var defects: [Defect] = []
  /// The slabs that are single objects of KFENCE's, and their states.
  private(set) var guarded: [(slab: Int, state: KFENCEPool.State)] = []
  /// Where page frames are mapped.
  let pages: PageMap
  /// How many slabs name a cache that cannot be read, or lie inside another slab.
  private var strays = 0
  private let isSLUB: Bool

  /// Works out the slots of slabs from their heads, which must ascend.
  ///
  /// Adds to `caches` those that only slabs know. What lies in KFENCE's pool is as KFENCE says.
  init(
    _ heads: [SlabHead], caches: inout CacheList, isSLUB: Bool, scan: PageScan, kfence: KFENCEPool
  ) {
    pages = scan.kernel.pages
    self.isSLUB = isSLUB
    slabs.reserveCapacity(heads.count)
    var guarded = kfence.objects[...]
    for head in heads where !kfence.frames.contains(head.frame) {
      while let object = guarded.first, object.frame < head.frame {
        add(guarded.removeFirst(), cache: caches.index(adding: object.cache))
      }
      guard let cache = caches.index(adding: head.cache), isClear(head.frame) else {
        strays += 1
        continue
      }
      add(head, cache: cache, of: caches.caches[cache], scan)
    }
    for object in guarded { add(object, cache: caches.index(adding: object.cache)) }
  }

  /// What the user should know about slabs that are left out.
  var remarks: [String] {
    guard strays > 0 else { return [] }
    return ["\(strays) slabs do not count: their cache cannot be read, or they lie in other slabs"]
  }

  /// How many slabs each of so many caches has.
  func slabCounts(caches: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: caches)
    for slab in slabs { counts[Int(slab.cache)] += 1 }
    return counts
  }

  /// The index of the slab that a page frame belongs to.
  func index(of frame: PageFrame) -> Int? {
    var low = 0
    var high = slabs.count
    while low < high {
      let middle = (low + high) / 2
      if slabs[middle].frame <= frame { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let slab = slabs[low - 1]
    return frame.rawValue - slab.frame.rawValue < UInt64(slab.pages) ? low - 1 : nil
  }

  /// The index of the slab whose first page a `struct page` or `struct slab` describes.
  func index(ofStructPage address: VirtualAddress) -> Int? {
    guard let frame = pages.frame(ofStructPage: address), let index = index(of: frame),
      slabs[index].frame == frame
    else { return nil }
    return index
  }

  /// The slab and slot that a pointer on a free list stands for.
  func slot(of pointer: VirtualAddress) -> (slab: Int, slot: Int)? {
    guard let frame = pages.frame(of: pointer), let index = index(of: frame),
      let slot = slabs[index].slot(of: pointer)
    else { return nil }
    return (index, slot)
  }

  /// The slab and slot of the object that an address lies in.
  func object(containing address: VirtualAddress) -> (slab: Int, slot: Int)? {
    guard let frame = pages.frame(of: address), let index = index(of: frame),
      slabs[index].slotSize > 0
    else { return nil }
    let slot = address.offset(from: slabs[index].firstObject) / UInt64(slabs[index].slotSize)
    return slot < UInt64(slabs[index].slots) ? (index, Int(slot)) : nil
  }

  /// Whether no slab before reaches this page, and the page has an address behind theirs.
  private func isClear(_ frame: PageFrame) -> Bool {
    guard let last = slabs.last else { return true }
    return frame.rawValue - last.frame.rawValue >= UInt64(last.pages)
      && pages.address(of: frame) > pages.address(of: last.frame)
  }

  /// Adds an object of KFENCE's as a slab of one slot, which no list of the allocator's leads to.
  private mutating func add(_ object: KFENCEPool.Object, cache: Int?) {
    guard let cache, isClear(object.frame) else {
      strays += 1
      return
    }
    guarded.append((slabs.count, object.state))
    slabs.append(
      SurveyedSlab(
        frame: object.frame, pages: 1, cache: Int32(cache), firstPointer: object.address,
        firstObject: object.address, slots: 1, slotSize: UInt32(object.size),
        freelist: VirtualAddress(0), inUse: 1, isFrozen: false))
  }

  private mutating func add(
    _ head: SlabHead, cache number: Int, of cache: SurveyedCache, _ scan: PageScan
  ) {
    let start = pages.address(of: head.frame)
    var shape = Shape(order: cache.order, slots: cache.slots, firstPointer: start)
    if cache.slotSize > 0 {
      if isSLUB {
        shape.fit(head, start: start, cache: cache, pageSize: pages.pageSize) {
          scan.order(at: head.frame)
        }
      } else {
        shape.place(head, start: start, cache: cache, pageSize: pages.pageSize)
      }
      if shape.fault == nil, head.inUse > shape.slots {
        shape.fault = Fault(
          .impossible, at: start, "\(head.inUse) of \(shape.slots) objects are in use")
      }
    }
    if let fault = shape.fault { defects.append(Defect(slab: slabs.count, fault: fault)) }
    slabs.append(
      SurveyedSlab(
        frame: head.frame, pages: 1 << UInt32(shape.order), cache: Int32(number),
        firstPointer: shape.firstPointer,
        firstObject: isSLUB ? shape.firstPointer : shape.firstPointer.advanced(by: cache.lead),
        slots: UInt32(shape.slots), slotSize: UInt32(cache.slotSize), freelist: head.freelist,
        inUse: head.inUse, isFrozen: head.isFrozen))
  }
}

/// How a slab's slots lie in its pages.
private struct Shape {
  var order: Int
  var slots: Int
  var firstPointer: VirtualAddress
  var fault: Fault?

  /// SLUB: the slots begin at the first page, and their number tells how many pages there are.
  ///
  /// `blockOrder` tells the order by the tail pages, which is not needed unless the number is wrong.
  mutating func fit(
    _ head: SlabHead, start: VirtualAddress, cache: SurveyedCache, pageSize: PageSize,
    blockOrder: () -> Int?
  ) {
    firstPointer = start.advanced(by: cache.lead)
    guard head.objects != slots else { return }
    // A smaller slab is taken where memory is short: Linux 65c3376aaca9 ("slub: Fallback to minimal
    // order during slab page allocation"), v2.6.27.
    let found = (0...SurveyedCache.largestOrder).first {
      (pageSize.bytes << $0) / cache.slotSize == Int(head.objects)
    }
    if let found, head.objects > 0 {
      order = found
      slots = Int(head.objects)
      return
    }
    fault = Fault(.impossible, at: start, "\(head.objects) objects fill no slab of any order")
    if let block = blockOrder(), pageSize.bytes << block >= cache.slotSize {
      order = block
      slots = (pageSize.bytes << block) / cache.slotSize
    }
  }

  /// SLAB: the cache tells the number of slots, and the slab, for its colour, where they begin.
  mutating func place(
    _ head: SlabHead, start: VirtualAddress, cache: SurveyedCache, pageSize: PageSize
  ) {
    let room = UInt64(pageSize.bytes) << UInt64(order)
    guard head.start.offset(from: start) <= room - UInt64(slots) * UInt64(cache.slotSize) else {
      fault = Fault(.impossible, at: start, "its first object, \(head.start), is not in it")
      slots = 0
      return
    }
    firstPointer = head.start
  }
}

import Evidence
import Memory

/// The objects that references are looked for, made to reject other words fast.
struct TargetSet: Sendable {
  /// The slots, ascending, each once.
  let slots: [UInt32]
  private let census: Census
  /// The slots, to look one up.
  private(set) var members: SlotSet
  /// What is set in every word before it is compared: where the machine ignores a tag.
  private let tag: UInt64
  /// The lowest address of a target.
  private let base: UInt64
  /// How many bytes from there on have targets.
  private let extent: UInt64
  /// A bit for each granule of these bytes: whether a target lies in it.
  private var granules: [UInt64]
  private let granuleShift: UInt64

  /// The largest number of granules: a table that fits into a CPU's caches.
  private static let mostGranules: UInt64 = 1 << 22
  /// A granule is 4 KiB or more.
  private static let smallestShift: UInt64 = 12

  /// Takes slots of the census in any order; those that it does not have are left out.
  init(_ slots: [UInt32], of census: Census, machine: Machine) {
    self.census = census
    members = SlotSet(slots, slotCount: census.slotCount)
    self.slots = members.slots
    // AArch64 ignores the top byte of a pointer (TBI), and KASAN keeps a tag there.
    tag = machine == .arm64 ? 0xff << 56 : 0
    var lowest = UInt64.max
    var end: UInt64 = 0
    for object in self.slots.lazy.compactMap({ census.object(inSlot: Int($0)) }) {
      let address = census.address(of: object).rawValue
      lowest = min(lowest, address)
      end = max(end, address &+ UInt64(max(1, census.slabs[object.slab].slotSize)))
    }
    base = lowest
    extent = end > lowest ? end - lowest : 0
    var shift = Self.smallestShift
    while extent >> shift >= Self.mostGranules { shift += 1 }
    granuleShift = shift
    granules = Array(repeating: 0, count: Int(extent >> shift) / 64 + 1)
    for slot in self.slots { enter(slot) }
  }

  private mutating func enter(_ slot: UInt32) {
    guard let object = census.object(inSlot: Int(slot)) else { return }
    let first = census.address(of: object).rawValue &- base
    let last = first &+ UInt64(max(1, census.slabs[object.slab].slotSize)) &- 1
    guard first <= last, last < extent else { return }
    for granule in (first >> granuleShift)...(last >> granuleShift) {
      granules[Int(granule / 64)] |= 1 << (granule % 64)
    }
  }

  /// Whether a slot is a target.
  func contains(_ slot: Int) -> Bool { members.contains(slot) }

  /// Whether a word may be the address of a target; false for almost all that are not.
  @inline(__always) func mayBeReference(_ word: UInt64) -> Bool {
    let offset = (word | tag) &- base
    guard offset < extent else { return false }
    let granule = Int(truncatingIfNeeded: offset >> granuleShift)
    return granules[granule / 64] >> UInt64(granule % 64) & 1 != 0
  }

  /// The target that a word is an address in, or nil when it is none; what stands behind an object
  /// in its slot is no part of it.
  func target(of word: UInt64) -> ObjectReference? {
    guard let object = census.object(containing: VirtualAddress(word | tag)),
      contains(census.slot(of: object))
    else { return nil }
    let size = census.caches[Int(census.slabs[object.slab].cache)].objectSize
    return size <= 0 || object.offset < size ? object : nil
  }

  /// The index of a target in `slots`.
  func index(of slot: UInt32) -> Int? {
    var low = 0
    var high = slots.count
    while low < high {
      let middle = (low + high) / 2
      if slots[middle] < slot { low = middle + 1 } else { high = middle }
    }
    return low < slots.count && slots[low] == slot ? low : nil
  }
}

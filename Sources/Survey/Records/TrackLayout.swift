import DebugInfo
import Evidence
import KernelImage
import Memory

/// Where SLUB records who allocated and who freed an object: two of `struct track` behind it.
///
/// A cache has them with the flag SLAB_STORE_USER: `slub_debug=U`.
struct TrackLayout: Hashable, Sendable {
  /// How the callers of the caller are kept.
  enum Callers: Hashable, Sendable {
    /// Not at all: without CONFIG_STACKTRACE.
    case none
    /// One by one, from this offset on.
    case inPlace(offset: Int, count: Int)
    /// In the stack depot: 5cf909c553e9 ("mm/slub: use stackdepot to save stack trace in objects"),
    /// v5.19.
    case inDepot(Field)
  }

  /// The return address of the allocator's caller.
  let caller: Field
  /// The call stack.
  let callers: Callers
  /// The CPU.
  let cpu: Field
  /// The process.
  let pid: Field
  /// The time, in jiffies.
  let time: Field
  /// The size of a record in bytes.
  let size: Int
  /// A cache's flags, where its objects end and where a free object has its free pointer.
  private let flags, end, freePointer: Field
  /// The flag of caches with such records.
  private let storesUser: UInt64

  /// Functions of mm/slub.c.
  private static let anchors = [
    "kmem_cache_alloc", "kmem_cache_alloc_noprof", "__kmem_cache_shutdown", "___slab_alloc",
  ]
  /// No kernel keeps more callers: TRACK_ADDRS_COUNT is 16.
  private static let mostCallers = 64

  /// Resolves the layout; nil in a kernel without CONFIG_SLUB_DEBUG.
  init?(_ kernel: Kernel) {
    // The name is too common to be looked for anywhere else.
    let units = Self.anchors.lazy.compactMap { kernel.address(of: $0) }
      .compactMap { kernel.types.unit(defining: $0)?.types }
    guard let types = units.first(where: { $0.structure(named: "track") != nil }),
      let track = types.structure(named: "track"),
      let cache = types.structure(named: "kmem_cache"),
      let caller = track.field("addr"), let cpu = track.field("cpu"),
      let pid = track.field("pid"), let time = track.field("when"),
      let flags = cache.field("flags"), let end = cache.field("inuse"),
      let freePointer = cache.field("offset"), let size = try? track.requireSize()
    else { return nil }
    if let handle = track.field("handle") {
      callers = .inDepot(handle)
    } else if let offset = track.place(of: "addrs"), let count = track.elementCount(of: "addrs") {
      let room = max(size - offset, 0) / 8
      callers = .inPlace(offset: offset, count: min(count, room, Self.mostCallers))
    } else {
      callers = .none
    }
    (self.caller, self.cpu, self.pid, self.time, self.size) = (caller, cpu, pid, time, size)
    (self.flags, self.end, self.freePointer) = (flags, end, freePointer)
    // A macro until cc61eb851c9a ("mm, slab: use an enum to define SLAB_ cache creation flags"),
    // v6.9, and 0x10000 for as long as there was SLUB.
    let bit = types.enumerator(named: "_SLAB_STORE_USER")
    storesUser = bit.map { (0..<64).contains($0) ? 1 << UInt64($0) : 0 } ?? 0x10000
  }

  /// How far behind its objects a cache has the record of the allocation; nil without records.
  ///
  /// That of the free follows it.
  func offset(in cache: SlabCache, memory: any VirtualMemory) -> Int? {
    guard
      let record = try? Record(
        at: cache.address, extent: [flags, end, freePointer].extent, in: memory),
      record[flags] & storesUser != 0,
      let end = Int(exactly: record[end]), (0...cache.slotSize).contains(end)
    else { return nil }
    // A free pointer that would destroy a free object's contents is put behind it.
    let offset = record[freePointer] >= record[self.end] ? end + 8 : end
    return offset + 2 * size <= cache.slotSize ? offset : nil
  }
}

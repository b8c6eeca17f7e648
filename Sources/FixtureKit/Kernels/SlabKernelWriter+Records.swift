import DebugInfo
import Memory

extension SlabKernelWriter {
  /// Writes who allocated and freed objects, and the clock that tells when.
  mutating func writeRecords() {
    guard kernel.era.isSLUB else { return }
    define("kmem_cache_alloc", kernel.text, size: 0x40)
    for number in 0..<16 as Range<UInt64> {
      let address = VirtualAddress(kernel.function(number))
      defineFunction("caller_\(number)", address, size: 0x100)
    }
    guard !kernel.tracks.isEmpty || !kernel.codeTags.isEmpty else { return }
    writeClock()
    var depot = DepotPlan(recent: kernel.era.isRecent)
    for object in kernel.tracks { writeTracks(object, &depot) }
    if kernel.era.hasStructSlab { writeDepot(depot) }
    writeCodeTags()
  }

  private mutating func writeClock() {
    let count = allocate(8)
    define("jiffies", at: count, size: 8)
    image.write(SlabKernel.now, at: count)
    define("clocksource_jiffies", at: SlabKernel.clockPlace, size: 64)
    // 4 ms a tick, in units of 1/256 ns.
    set("clocksource", at: SlabKernel.clockPlace, "mult", 4_000_000 << 8)
    set("clocksource", at: SlabKernel.clockPlace, "shift", 8)
  }

  /// The stacks that are stored in the depot, each once.
  private struct DepotPlan {
    let recent: Bool
    /// The place of each in the second pool, in units of 16 bytes.
    var stacks: [(stack: [UInt64], offset: UInt64)] = []
    private var next: UInt64 = 2

    init(recent: Bool) { self.recent = recent }

    mutating func offset(of stack: [UInt64]) -> UInt64 {
      if let known = stacks.first(where: { $0.stack == stack }) { return known.offset }
      let offset = next
      next += UInt64(32 + stack.count * 8 + 15) / 16
      stacks.append((stack, offset))
      return offset
    }

    /// The number of a stack.
    func handle(at offset: UInt64) -> UInt64 {
      // The second pool; the first is number 1 where 0 is no stack.
      recent ? 2 | offset << 17 : 1 | offset << 16 | 1 << 26
    }
  }

  private mutating func writeTracks(_ object: SlabKernel.TrackedObject, _ depot: inout DepotPlan) {
    let place = kernel.trackPlace(object.slot, of: object.slab)
    let start = PhysicalAddress(place.offset(from: kernel.directMap))
    for (number, call) in [object.allocation, object.free].enumerated() {
      guard let call else { continue }
      let track = start.advanced(by: UInt64(number * size(of: "track")))
      set("track", at: track, "addr", call.caller)
      set("track", at: track, "cpu", call.cpu)
      set("track", at: track, "pid", call.pid)
      set("track", at: track, "when", call.time)
      if kernel.era.hasStructSlab {
        // Users of the depot keep bits of their own in the number.
        let handle = depot.handle(at: depot.offset(of: call.stack)) | 1 << 27
        set("track", at: track, "handle", handle)
      } else {
        let array = self.place("track", at: track, "addrs")
        for (index, frame) in call.stack.prefix(16).enumerated() {
          image.write(frame, at: array.advanced(by: UInt64(index) * 8))
        }
      }
    }
  }

  private mutating func writeDepot(_ plan: DepotPlan) {
    let pool = allocate(1 << 14)
    for (stack, offset) in plan.stacks {
      let record = pool.advanced(by: offset << 4)
      set("stack_record", at: record, "size", UInt64(stack.count))
      set("stack_record", at: record, "handle", plan.handle(at: offset))
      let entries = place("stack_record", at: record, "entries")
      for (index, frame) in stack.enumerated() {
        image.write(frame, at: entries.advanced(by: UInt64(index) * 8))
      }
    }
    let array = allocate(64)
    image.write(pointer(pool), at: array.advanced(by: 8))
    if kernel.era.sheaves == .besideNode {
      let variable = allocate(8)
      image.write(pointer(array), at: variable)
      define("stack_pools", at: variable, size: 8)
    } else {
      define(kernel.era.isRecent ? "stack_pools" : "stack_slabs", at: array, size: 64)
    }
  }

  private mutating func writeCodeTags() {
    var tags: [SlabKernel.CodeLine: PhysicalAddress] = [:]
    for object in kernel.codeTags where tags[object.line] == nil {
      tags[object.line] = writeCodeTag(object.line)
    }
    for (slab, objects) in Dictionary(grouping: kernel.codeTags, by: \.slab) {
      let stride = UInt64(size(of: "slabobj_ext"))
      let array = allocate(Int(stride) * kernel.slabs[slab].slots)
      // Bit 0 says what kind of data it is.
      set(slabStructure, at: structPage(of: slab), "obj_exts", pointer(array) | 1)
      set(slabStructure, at: structPage(of: slab), "stride", stride)
      for object in objects {
        let element = array.advanced(by: UInt64(object.slot) * stride)
        set("slabobj_ext", at: element, "ref", pointer(tags[object.line]))
      }
    }
  }

  private mutating func writeCodeTag(_ line: SlabKernel.CodeLine) -> PhysicalAddress {
    let tag = allocate(size(of: "codetag"))
    set("codetag", at: tag, "lineno", line.line)
    set("codetag", at: tag, "function", pointer(text(line.function)))
    set("codetag", at: tag, "filename", pointer(text(line.file)))
    set("codetag", at: tag, "modname", pointer(line.module.map { text($0) }))
    return tag
  }

  /// Writes a string.
  mutating func text(_ text: String) -> PhysicalAddress {
    let place = allocate(text.utf8.count + 1)
    image.write(Array(text.utf8), at: place)
    return place
  }
}

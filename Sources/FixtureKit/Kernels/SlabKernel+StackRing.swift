import Memory

extension SlabKernel {
  /// Enters an object into KASAN's ring of recent allocations; without any there is no ring.
  public mutating func enterIntoStackRing(_ slot: Int, of slab: Int) {
    ringEntries.append((slab, slot))
  }
}

extension SlabKernelWriter {
  /// Writes KASAN's ring of recent allocations.
  mutating func writeStackRing() {
    guard !kernel.ringEntries.isEmpty else { return }
    let stride = size(of: "kasan_stack_ring_entry")
    let entries = allocate(stride * kernel.ringEntries.count)
    for (number, entry) in kernel.ringEntries.enumerated() {
      set(
        "kasan_stack_ring_entry", at: entries.advanced(by: UInt64(number * stride)), "ptr",
        tagged(kernel.object(entry.slot, of: entry.slab)))
    }
    let ring = allocate(size(of: "kasan_stack_ring"))
    define("stack_ring", at: ring, size: UInt64(size(of: "kasan_stack_ring")))
    set("kasan_stack_ring", at: ring, "size", UInt64(kernel.ringEntries.count))
    set("kasan_stack_ring", at: ring, "entries", pointer(entries))
  }
}

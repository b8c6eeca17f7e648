import DebugInfo
public import Evidence
public import KernelImage
public import Memory

extension SocketKernel {
  /// The kernel opened, and the census of its slab caches; some page frames may be absent.
  public func opened(without lost: Set<PageFrame> = []) -> (kernel: Kernel, census: Census) {
    let kernel = memory.kernel(release: era.description, symbols: symbols, without: lost)
    return (kernel, Census(census))
  }

  private var census: CensusBuilder {
    var builder = CensusBuilder(
      caches: slabs.map {
        SlabCache(
          name: $0.name, address: $0.cache, objectSize: $0.slotSize, slotSize: $0.slotSize,
          objectsPerSlab: $0.slots)
      })
    for (cache, run) in slabs.enumerated() {
      let slab = builder.addSlab(
        cache: cache, firstPage: run.start, pages: run.slots * run.slotSize / 4096,
        firstObject: run.start, slots: run.slots, slotSize: run.slotSize)
      for slot in run.used..<run.slots {
        builder.set(builder.slabs[slab].firstSlot + slot, to: .free(.slab))
      }
    }
    return builder
  }
}

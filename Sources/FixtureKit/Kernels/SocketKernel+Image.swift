import DebugInfo
public import Evidence
public import KernelImage
public import Memory

extension SocketKernel {
  /// The kernel opened, and the census of its slab caches; some page frames may be absent.
  public func opened(without lost: Set<PageFrame> = []) -> (kernel: Kernel, census: Census) {
    let absences = Dictionary(uniqueKeysWithValues: lost.map { ($0, Absence.excluded) })
    let physical = LossyMemory(memory.image, without: absences)
    let maps = [
      LinearMap(
        range: StructureImage
          .directMap..<StructureImage.directMap.advanced(
            by: memory.frameCount << 12), start: PhysicalAddress(0)),
      LinearMap(
        range: StructureImage
          .vmemmap..<StructureImage.vmemmap.advanced(
            by: memory.frameCount * 64), start: StructureImage.vmemmapStart),
    ]
    let kernel = Kernel(
      machine: memory.tag == nil ? .x86_64 : .arm64, release: era.description, physical: physical,
      memory: LinearMemory(physical, maps: maps),
      pages: PageMap(
        pageSize: .kib4, structSize: 64, structBase: StructureImage.vmemmap,
        directMapBase: StructureImage.directMap,
        ranges: [PageFrame(0)..<PageFrame(memory.frameCount)]),
      perCPU: PerCPU(possible: [0], offsets: [0]), symbols: SymbolTable(symbols),
      types: memory.types)
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

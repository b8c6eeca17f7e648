import DebugInfo
import KernelImage
import Memory

extension StructureImage {
  /// The kernel that has this memory, without some page frames.
  func kernel(
    release: String, symbols: SymbolTableBuilder, without lost: Set<PageFrame>
  ) -> Kernel {
    let absences = Dictionary(uniqueKeysWithValues: lost.map { ($0, Absence.excluded) })
    let physical = LossyMemory(image, without: absences)
    let maps = [
      LinearMap(
        range: Self.directMap..<Self.directMap.advanced(by: frameCount << 12),
        start: PhysicalAddress(0)),
      LinearMap(
        range: Self.vmemmap..<Self.vmemmap.advanced(by: frameCount * 64),
        start: Self.vmemmapStart),
    ]
    return Kernel(
      machine: tag == nil ? .x86_64 : .arm64, release: release, physical: physical,
      memory: LinearMemory(physical, maps: maps),
      pages: PageMap(
        pageSize: .kib4, structSize: 64, structBase: Self.vmemmap,
        directMapBase: Self.directMap, ranges: [PageFrame(0)..<PageFrame(frameCount)]),
      perCPU: PerCPU(possible: [0], offsets: [0]), symbols: SymbolTable(symbols), types: types)
  }
}

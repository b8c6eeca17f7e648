import DebugInfo
import DumpFiles
import Memory

extension PageMap {
  /// Finds out where the kernel keeps its `struct page`, and for which page frames.
  ///
  /// Throws when that cannot be told at all; what cannot be read in part is returned as damage.
  static func read(
    from kernel: NamedMemory, info: VMCoreInfo, physical: any PhysicalMemory,
    directMapBase: VirtualAddress
  ) throws(Damage) -> (map: PageMap, damage: [Damage]) {
    let near = ["sparse_init", "get_page_from_freelist"]
    guard
      let size = kernel.types.structure("page", near: near)?.size
        ?? info.size("page"),
      (16...4096).contains(size)
    else { throw Damage("the debug information does not describe struct page") }
    var reading: SectionTable.Reading
    if let sections = try sections(in: kernel, info: info, memoryStart: physical.frames.first) {
      reading = sections
    } else {
      reading = try flat(in: kernel, info: info, structSize: size)
    }
    let told = kernel.structBase(info: info, structSize: size)
    guard let base = reading.structBase ?? told else {
      throw reading.damage.first ?? Damage("no section of memory has a memory map")
    }
    if let told, told != base {
      reading.damage.append(Damage("mem_section and vmemmap disagree on the memory map", at: told))
    }
    if reading.ranges.isEmpty {
      reading.damage.append(Damage("no section of memory has a memory map"))
      reading.ranges = physical.frames
    }
    let map = PageMap(
      pageSize: physical.pageSize, structSize: size, structBase: base,
      directMapBase: directMapBase, ranges: reading.ranges)
    return (map, reading.damage)
  }

  /// What `mem_section` tells, or nil when the kernel has none.
  private static func sections(
    in kernel: NamedMemory, info: VMCoreInfo, memoryStart: Range<PageFrame>?
  ) throws(Damage) -> SectionTable.Reading? {
    let machine = kernel.memory.machine
    let physicalBits = info.number("MAX_PHYSMEM_BITS").map { Int(max(0, min($0, 64))) }
    var first: SectionTable.Reading?
    for bits in machine.sectionBits(info, pageSize: kernel.memory.pageSize) {
      let table = try SectionTable(
        in: kernel, sectionBits: bits,
        physicalBits: physicalBits ?? machine.physicalBits(kernel.memory.tables.shape))
      guard let reading = table?.read(from: kernel.memory) else { return nil }
      // The size is right when the sections with a memory map are those with memory.
      if let start = memoryStart?.lowerBound, reading.ranges.contains(where: { $0.contains(start) })
      {
        return reading
      }
      first = first ?? reading
    }
    return first
  }

  /// What FLATMEM tells: one array for all memory.
  private static func flat(
    in kernel: NamedMemory, info: VMCoreInfo, structSize: Int
  ) throws(Damage) -> SectionTable.Reading {
    guard let array = kernel.value(of: "mem_map", as: UInt64.self),
      let count = kernel.integer("max_mapnr"), count <= 1 << 40
    else { throw Damage("there is neither mem_section nor mem_map") }
    // ARCH_PFN_OFFSET: arm64's memory map begins with the memory.
    let first = kernel.memory.machine == .arm64 ? kernel.memoryStart(info) ?? 0 : 0
    let frame = first >> UInt64(kernel.memory.pageSize.shift)
    return SectionTable.Reading(
      structBase: VirtualAddress(array &- frame &* UInt64(structSize)),
      ranges: count == 0 ? [] : [PageFrame(frame)..<PageFrame(frame + count)])
  }
}

extension NamedMemory {
  /// arm64's PHYS_OFFSET: where memory begins, less what KASLR and missing address bits take away.
  fileprivate func memoryStart(_ info: VMCoreInfo) -> UInt64? {
    info.number("PHYS_OFFSET").map { UInt64(bitPattern: $0) }
      ?? value(of: "memstart_addr", as: UInt64.self)
  }

  /// Where the kernel itself says that the `struct page` of page frame 0 would be.
  fileprivate func structBase(info: VMCoreInfo, structSize: Int) -> VirtualAddress? {
    switch memory.machine {
    case .x86_64:
      return value(of: "vmemmap_base", as: UInt64.self).map { VirtualAddress($0) }
    case .arm64:
      // Since 2369f171d5c5 ("arm64: crash_core: Export MODULES, VMALLOC, and VMEMMAP ranges"), v6.0:
      // where the struct page of the first page of memory is.
      guard let start = info.number("VMEMMAP_START"), let memoryStart = memoryStart(info) else {
        return nil
      }
      let frames = Int64(bitPattern: memoryStart) >> Int64(memory.pageSize.shift)
      return VirtualAddress(UInt64(bitPattern: start &- frames &* Int64(structSize)))
    }
  }
}

extension Machine {
  /// SECTION_SIZE_BITS, the likeliest first.
  ///
  /// In VMCOREINFO since 4f5aecdff25f ("crash_core, vmcoreinfo: append 'SECTION_SIZE_BITS' to
  /// vmcoreinfo"), v5.13. arm64 had 30 until f0b13ee23241 ("arm64/sparsemem: reduce
  /// SECTION_SIZE_BITS"), v5.12.
  fileprivate func sectionBits(_ info: VMCoreInfo, pageSize: PageSize) -> [Int] {
    if let told = info.number("SECTION_SIZE_BITS").flatMap({ Int(exactly: $0) }) { return [told] }
    return switch self {
    case .x86_64: [27]
    case .arm64: [30, pageSize == .kib64 ? 29 : 27]
    }
  }

  /// MAX_PHYSMEM_BITS where VMCOREINFO lacks it, as it does before 1d50e5d0c505 ("crash_core,
  /// vmcoreinfo: Append 'MAX_PHYSMEM_BITS' to vmcoreinfo"), v5.9.
  fileprivate func physicalBits(_ shape: PageTableShape) -> Int {
    switch self {
    case .x86_64: shape.rootHeight == 4 ? 52 : 46
    case .arm64: 48
    }
  }
}

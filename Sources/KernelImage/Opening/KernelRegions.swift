import DumpFiles
import Memory

/// Works out what the parts of a kernel's address space are for.
///
/// Where two regions overlap, the narrower one is named first.
struct KernelRegions {
  let kernel: NamedMemory
  let info: VMCoreInfo
  let pages: PageMap
  let perCPU: PerCPU
  let modules: [LoadedModule]

  /// Every region, the narrowest kind first.
  func all() -> [AddressRegion] {
    let image = kernel.memory.image.map { [$0.range] } ?? []
    let directMap = kernel.memory.directMap.map { [$0.range] } ?? []
    let uses: [(AddressRegion.Use, [Range<VirtualAddress>])] = [
      (.perCPU, perCPURanges()), (.kernelImage, image), (.modules, moduleRanges()),
      (.pageStructs, pageStructs()), (.directMap, directMap), (.vmalloc, vmalloc()),
      (.user, [user]),
    ]
    return uses.flatMap { use, ranges in
      ranges.filter { !$0.isEmpty }.map { AddressRegion(use, $0) }
    }
  }

  /// The first chunk of each CPU, and the addresses that stand for all copies.
  ///
  /// Static variables are there and the first dynamic ones; later chunks are vmalloc memory.
  private func perCPURanges() -> [Range<VirtualAddress>] {
    guard let start = kernel.address(of: "__per_cpu_start"),
      let end = kernel.address(of: "__per_cpu_end"), start < end
    else { return [] }
    // Static in mm/percpu.c; the size of a CPU's part of a chunk.
    let unit = kernel.value(of: "pcpu_unit_size", as: UInt32.self).map(UInt64.init)
    let size = max(unit ?? 0, end.offset(from: start))
    let copies = perCPU.possible.compactMap { range(perCPU.address(of: start, cpu: $0), size) }
    // Until 01157ddc58dc ("kallsyms: Remove KALLSYMS_ABSOLUTE_PERCPU"), v6.15, x86_64's begin at 0,
    // where a small number is more likely.
    let first = max(start, VirtualAddress(UInt64(pages.pageSize.bytes)))
    return copies + (first < end ? [first..<end] : [])
  }

  private func moduleRanges() -> [Range<VirtualAddress>] {
    let loaded = modules.flatMap(\.ranges)
    switch kernel.memory.machine {
    case .x86_64:
      // MODULES_VADDR, MODULES_END: arch/x86/include/asm/pgtable_64_types.h.
      let image = UInt64(bitPattern: info.number("KERNEL_IMAGE_SIZE") ?? 1 << 30)
      let start = VirtualAddress(Machine.startKernelMap &+ image)
      let end = VirtualAddress(0xffff_ffff_ff00_0000)
      return start < end ? [start..<end] : loaded
    case .arm64:
      // With KASLR, modules may lie outside of the region that has their name.
      return (range(info, "MODULES_VADDR", "MODULES_END").map { [$0] } ?? []) + loaded
    }
  }

  private func pageStructs() -> [Range<VirtualAddress>] {
    guard let first = pages.ranges.first?.lowerBound, let last = pages.ranges.last?.upperBound
    else { return [] }
    let (start, end) = (pages.structPage(of: first), pages.structPage(of: last))
    return start < end ? [start..<end] : []
  }

  private func vmalloc() -> [Range<VirtualAddress>] {
    switch kernel.memory.machine {
    case .x86_64:
      // VMALLOC_START, VMALLOC_SIZE_TB: arch/x86/include/asm/pgtable_64_types.h.
      let hasFiveLevels = kernel.memory.tables.shape.rootHeight == 4
      let usual: UInt64 = hasFiveLevels ? 0xffa0_0000_0000_0000 : 0xffff_c900_0000_0000
      let start = kernel.value(of: "vmalloc_base", as: UInt64.self) ?? usual
      return [range(VirtualAddress(start), (hasFiveLevels ? 12_800 : 32) << 40)].compactMap { $0 }
    case .arm64:
      if let told = range(info, "VMALLOC_START", "VMALLOC_END") { return [told] }
      // What is neither the direct map nor below it; the other regions are named before this one.
      let start = kernel.memory.tables.shape.start
      let half = kernel.memory.tables.shape.directMapEnd
      let isFlipped = (kernel.memory.directMap?.range.lowerBound ?? start) < half
      return isFlipped ? [half..<VirtualAddress(.max)] : [start..<half]
    }
  }

  /// The lower half of the address space, without the page that no process may map.
  private var user: Range<VirtualAddress> {
    let start = kernel.memory.tables.shape.start
    let first = VirtualAddress(UInt64(pages.pageSize.bytes))
    return first..<VirtualAddress(max(0 &- start.rawValue, first.rawValue))
  }

  private func range(_ start: VirtualAddress, _ size: UInt64) -> Range<VirtualAddress>? {
    let end = start.rawValue.addingReportingOverflow(size)
    return end.overflow ? nil : start..<VirtualAddress(end.partialValue)
  }

  private func range(
    _ info: VMCoreInfo, _ start: String, _ end: String
  ) -> Range<VirtualAddress>? {
    guard let start = info.number(start), let end = info.number(end), start < end,
      (start < 0) == (end < 0)
    else { return nil }
    return VirtualAddress(UInt64(bitPattern: start))..<VirtualAddress(UInt64(bitPattern: end))
  }
}

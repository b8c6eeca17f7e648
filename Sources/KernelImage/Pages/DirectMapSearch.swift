import DumpFiles
import Memory

/// Finds the kernel's map of all physical memory.
///
/// There are a few places where it can be, by architecture, era and configuration; the page tables
/// tell which of them is true.
struct DirectMapSearch {
  /// A place where the direct map may be.
  struct Candidate: Hashable {
    /// Where physical address 0 would be.
    let base: VirtualAddress
    /// Where the map ends at the latest.
    let limit: VirtualAddress
    /// Whether the kernel itself says so, so that it is believed when no page table can be read.
    let isTold: Bool
  }

  let kernel: NamedMemory
  let info: VMCoreInfo
  let physical: any PhysicalMemory

  /// Where physical address 0 would be and what of the address space the map fills, or nil.
  func find() -> (base: VirtualAddress, map: LinearMap)? {
    let places = probes()
    let judged = candidates().map { ($0, judge($0, places)) }
    let found = judged.first { $0.1 == true } ?? judged.first { $0.1 == nil && $0.0.isTold }
    return found.flatMap { candidate, _ in map(candidate).map { (candidate.base, $0) } }
  }

  /// Physical addresses that the direct map can be expected to map.
  ///
  /// The first page table is in the kernel's image, of which the direct map has an alias.
  private func probes() -> [PhysicalAddress] {
    let ends = physical.frames.prefix(16).flatMap {
      [$0.lowerBound, PageFrame($0.upperBound.rawValue &- 1)]
    }
    return [kernel.memory.tables.root] + ends.map { physical.pageSize.address(of: $0) }
  }

  /// Whether the page tables bear a candidate out; nil when they map none of the probes.
  private func judge(_ candidate: Candidate, _ probes: [PhysicalAddress]) -> Bool? {
    var agrees: Bool?
    for probe in probes {
      let address = candidate.base.advanced(by: probe.rawValue)
      guard let mapped = try? kernel.memory.tables.translate(address) else { continue }
      guard mapped == probe else { return false }
      agrees = true
    }
    return agrees
  }

  private func candidates() -> [Candidate] {
    switch kernel.memory.machine {
    case .x86_64: x86Candidates()
    case .arm64: arm64Candidates()
    }
  }

  /// Source: Documentation/arch/x86/x86_64/mm.rst, arch/x86/include/asm/page_64_types.h.
  private func x86Candidates() -> [Candidate] {
    let hasFiveLevels = kernel.memory.tables.shape.rootHeight == 4
    // A variable since 021182e52fe0 ("x86/mm: Enable KASLR for physical mapping memory regions"),
    // v4.8, where it can vary. The constants moved in d52888aa2753 ("x86/mm: Move LDT remap out of
    // KASLR region on 5-level paging"), v4.20.
    let told = kernel.value(of: "page_offset_base", as: UInt64.self)
    let constants: [UInt64] =
      hasFiveLevels
      ? [0xff11_0000_0000_0000, 0xff10_0000_0000_0000]
      : [0xffff_8880_0000_0000, 0xffff_8800_0000_0000]
    let vmalloc = kernel.value(of: "vmalloc_base", as: UInt64.self)
    let size = UInt64(1) << (hasFiveLevels ? 55 : 46)
    return ([told].compactMap { $0 } + constants).map { base in
      let end = base &+ size
      let limit = vmalloc.map { base < $0 && $0 < end ? $0 : end } ?? end
      return Candidate(
        base: VirtualAddress(base), limit: VirtualAddress(limit), isTold: base == told)
    }
  }

  /// Source: arch/arm64/include/asm/memory.h.
  private func arm64Candidates() -> [Candidate] {
    guard
      let start = info.number("PHYS_OFFSET").map({ UInt64(bitPattern: $0) })
        ?? kernel.value(of: "memstart_addr", as: UInt64.self)
    else { return [] }
    // PAGE_OFFSET is made of the configured bits, even where the processor has fewer.
    let actual = 64 - kernel.memory.tables.shape.start.rawValue.leadingOnes
    let configured = info.number("VA_BITS").flatMap { Int(exactly: $0) }
    let bits = [configured, actual].compactMap { $0 }.filter { (36...52).contains($0) }
    // The lower half of the kernel's addresses since 14c127c957c1 ("arm64: mm: Flip kernel VA
    // space"), v5.4, the upper half before. Where more than 48 bits are configured, the half is that
    // of the fewest bits such a kernel runs with (PAGE_END, VA_BITS_MIN).
    let fewest = kernel.memory.pageSize == .kib16 ? 47 : 48
    let flipped = bits.map { bits in
      (
        offset: UInt64.max << UInt64(bits),
        end: UInt64.max << UInt64((bits > 48 ? fewest : bits) - 1)
      )
    }
    let unflipped = bits.map { bits in
      (offset: UInt64.max << UInt64(bits - 1), end: UInt64.max)
    }
    return (flipped + unflipped).map { offset, end in
      Candidate(
        base: VirtualAddress(offset &- start), limit: VirtualAddress(end), isTold: false)
    }
  }

  /// The part of a candidate that the dump's memory fills, or nil when that is nothing.
  private func map(_ candidate: Candidate) -> LinearMap? {
    guard let first = physical.frames.first?.lowerBound,
      let last = physical.frames.last?.upperBound
    else { return nil }
    let start = physical.pageSize.address(of: first)
    let lower = candidate.base.advanced(by: start.rawValue)
    let size = physical.pageSize.address(of: last).rawValue &- start.rawValue
    guard lower < candidate.limit else { return nil }
    let upper = min(size, candidate.limit.offset(from: lower))
    return LinearMap(range: lower..<lower.advanced(by: upper), start: start)
  }
}

extension UInt64 {
  /// How many of the highest bits are set, without a gap.
  fileprivate var leadingOnes: Int { (~self).leadingZeroBitCount }
}

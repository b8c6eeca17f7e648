import DumpFiles
import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Where page frames are mapped")
struct PageMapTests {
  /// The page frames of a section of 128 MiB.
  private func frames(_ sections: Range<Int>) -> Range<PageFrame> {
    PageFrame(UInt64(sections.lowerBound) << 15)..<PageFrame(UInt64(sections.upperBound) << 15)
  }

  private func kernel(
    _ small: SmallKernel, form: SectionForm = .allocatedRoots, without missing: [String] = []
  ) throws -> Kernel {
    let types = small.types(form: form)
    return try small.opening(without: missing)
      .kernel(symbols: small.symbolTable(types), types: types)
  }

  @Test("every way of keeping mem_section tells the same", arguments: SectionForm.allCases)
  func forms(_ form: SectionForm) throws {
    var small = SmallKernel()
    small.addSections(
      [0: (small.section(), 0), 1: (small.section(), 0), 2: (1, 0), 600: (small.section(), 0)],
      form: form)
    let kernel = try kernel(small, form: form)
    #expect(kernel.pages.ranges == [frames(0..<2), frames(600..<601)])
    #expect(kernel.pages.structBase == small.plan.structPages)
    #expect(kernel.pages.structSize == 64)
    #expect(kernel.damage.isEmpty)
  }

  @Test("a section that was added later has its subsections only")
  func subsections() throws {
    var small = SmallKernel()
    // Subsections of 2 MiB: 0 to 3, and 63, which touches the section behind it.
    let usage = small.object(bytes(1 << 63 | 0xf)).rawValue
    small.addSections([
      0: (small.section(SmallKernel.hasMemoryMap), usage), 1: (small.section(), usage),
    ])
    let ranges = try kernel(small).pages.ranges
    #expect(
      ranges == [
        PageFrame(0)..<PageFrame(4 * 512), PageFrame(63 * 512)..<PageFrame(2 << 15),
      ])
  }

  @Test("arm64's sections are as large as fits the memory, where VMCOREINFO does not tell")
  func sectionSize() throws {
    // Memory begins at 1 GiB: section 8 of 128 MiB (since v5.12), or section 1 of 1 GiB.
    for (section, size) in [(8, 15), (1, 18)] {
      var small = SmallKernel(SmallKernel.arm64)
      small.addSections([section: (small.section(), 0)])
      let kernel = try kernel(small, without: ["NUMBER(SECTION_SIZE_BITS)"])
      let first = PageFrame(UInt64(section) << UInt64(size))
      #expect(kernel.pages.ranges.map(\.lowerBound) == [first])
      #expect(kernel.pages.contains(PageFrame(0x40000)))
    }
  }

  @Test("a root that cannot be read costs its sections, and it is told")
  func absentRoot() throws {
    var small = SmallKernel()
    small.addSections([0: (small.section(), 0), 300: (small.section(), 0)], form: .roots)
    // The second root's pointer leads to an address that nothing is mapped at.
    let physical = small.address("mem_section").rawValue &- small.imageOffset
    small.image.write(UInt64(0xffff_c900_0000_0000), at: PhysicalAddress(physical + 8))
    let kernel = try kernel(small, form: .roots)
    #expect(kernel.pages.ranges == [frames(0..<1)])
    #expect(kernel.damage.count == 1)
    #expect(kernel.damage.first?.summary == "sections 256 to 300 are not mapped by the kernel")
  }

  @Test("a section whose memory map lies apart is left out, and it is told")
  func apart() throws {
    var small = SmallKernel()
    small.addSections([0: (small.section(), 0), 1: (small.section() &+ 0x4000, 0)])
    let kernel = try kernel(small)
    #expect(kernel.pages.ranges == [frames(0..<1)])
    #expect(kernel.damage.map(\.summary) == ["the memory map of section 1 lies apart"])
  }

  @Test("a highest section that no machine has ends the search where machines end")
  func wildCount() throws {
    for number in [UInt64.max, 1 << 62, 1 << 40] {
      var small = SmallKernel()
      small.addUsualSections()
      let place = small.address("__highest_present_section_nr").rawValue &- small.imageOffset
      small.image.write(number, at: PhysicalAddress(place))
      let kernel = try kernel(small)
      // What lies behind the table of roots is no pointer, or zeros.
      #expect(kernel.pages.ranges.first == frames(0..<2))
    }
  }

  @Test("mem_section and the kernel's own base are compared")
  func disagreement() throws {
    var small = SmallKernel()
    small.addUsualSections()
    small.variable("vmemmap_base", bytes(small.plan.structPages.rawValue))
    #expect(try kernel(small).damage.isEmpty)
    var other = SmallKernel()
    other.addUsualSections()
    other.variable("vmemmap_base", bytes(0xffff_ea00_1000_0000))
    let kernel = try kernel(other)
    #expect(kernel.pages.structBase == other.plan.structPages)
    #expect(kernel.damage.count == 1)
  }

  @Test("arm64's VMEMMAP_START agrees with mem_section, whatever KASLR does to PHYS_OFFSET")
  func memoryMapOfARM64() throws {
    var small = SmallKernel(SmallKernel.arm64)
    small.addUsualSections()
    #expect(try kernel(small).damage.isEmpty)
  }

  @Test("FLATMEM has one array for all memory")
  func flatMemory() throws {
    var small = SmallKernel(SmallKernel.arm64)
    // The first page of memory has the first descriptor.
    let first = small.plan.structPages.advanced(by: UInt64(0x40000 * 64))
    small.variable("mem_map", bytes(first.rawValue))
    small.variable("max_mapnr", bytes(0x10000))
    let kernel = try kernel(small)
    #expect(kernel.pages.ranges == [PageFrame(0x40000)..<PageFrame(0x50000)])
    #expect(kernel.pages.structPage(of: PageFrame(0x40000)) == first)
  }

  @Test("a kernel without any memory map cannot be opened")
  func none() throws {
    #expect(throws: KernelFailure.noPageStructs("there is neither mem_section nor mem_map")) {
      try kernel(SmallKernel())
    }
  }

  @Test("the direct map is found in every layout", arguments: KernelOpeningTests.plans.indices)
  func directMap(_ plan: Int) throws {
    var small = SmallKernel(KernelOpeningTests.plans[plan])
    small.addUsualSections()
    if small.plan.directMap == SmallKernel.x86Randomized.directMap {
      small.variable("page_offset_base", bytes(small.plan.directMap.rawValue))
    }
    let object = small.object(bytes(42))
    let kernel = try kernel(small)
    #expect(kernel.pages.directMapBase == small.plan.directMap)
    #expect(try kernel.memory.load(UInt64.self, at: object) == 42)
    #expect(kernel.pages.frame(of: object) != nil)
  }

  @Test("arm64's memory begins where memstart_addr says when VMCOREINFO does not")
  func memoryStart() throws {
    var small = SmallKernel(SmallKernel.arm64)
    small.addUsualSections()
    small.variable("memstart_addr", bytes(0x4000_0000))
    let kernel = try kernel(small, without: ["NUMBER(PHYS_OFFSET)"])
    #expect(kernel.pages.directMapBase == small.plan.directMap)
  }

  @Test("a direct map that the page tables contradict is another kernel's")
  func wrongDirectMap() throws {
    var small = SmallKernel(SmallKernel.x86Randomized)
    small.addUsualSections()
    // An address in the kernel's image, where something else is mapped.
    small.variable("page_offset_base", bytes(small.plan.text.rawValue &- 0x200_0000))
    #expect(throws: KernelFailure.noDirectMap) { try kernel(small) }
  }

  @Test("a direct map that nothing contradicts is believed when the kernel itself tells it")
  func unmappedDirectMap() throws {
    var small = SmallKernel(SmallKernel.x86Randomized)
    small.addUsualSections()
    let told: UInt64 = 0xffff_8c00_0000_0000
    small.variable("page_offset_base", bytes(told))
    #expect(try kernel(small).pages.directMapBase == VirtualAddress(told))
  }
}

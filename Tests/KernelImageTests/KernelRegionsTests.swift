import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("What the parts of the address space are for")
struct KernelRegionsTests {
  private func use(of address: UInt64, in kernel: Kernel) -> AddressRegion.Use? {
    kernel.regions.first { $0.range.contains(VirtualAddress(address)) }?.use
  }

  private func kernel(
    _ plan: SmallKernel.Plan, _ prepare: (inout SmallKernel) -> Void = { _ in }
  ) throws -> Kernel {
    var small = SmallKernel(plan)
    small.addUsualSections()
    prepare(&small)
    let types = small.types()
    return try small.opening().kernel(symbols: small.symbolTable(types), types: types)
  }

  /// Expected uses: Documentation/arch/x86/x86_64/mm.rst.
  @Test("AMD64 with four levels")
  func fourLevels() throws {
    let kernel = try kernel(SmallKernel.x86)
    #expect(use(of: 0x7f12_3456_7000, in: kernel) == .user)
    #expect(use(of: 0x0000_8000_0000_0000, in: kernel) == nil)
    #expect(use(of: 0xffff_8880_0400_0000, in: kernel) == .directMap)
    #expect(use(of: 0xffff_c900_0012_3000, in: kernel) == .vmalloc)
    #expect(use(of: 0xffff_ea00_0000_0040, in: kernel) == .pageStructs)
    #expect(use(of: 0xffff_ffff_9a00_1000, in: kernel) == .kernelImage)
    #expect(use(of: 0xffff_ffff_c012_3000, in: kernel) == .modules)
    #expect(use(of: 0xffff_ffff_ffff_ffff, in: kernel) == nil)
    #expect(use(of: 16, in: kernel) == nil)
  }

  @Test("AMD64 with five levels")
  func fiveLevels() throws {
    let kernel = try kernel(SmallKernel.x86FiveLevels)
    #expect(use(of: 0x00ff_f234_5678_9000, in: kernel) == .user)
    #expect(use(of: 0xff11_0000_0400_0000, in: kernel) == .directMap)
    #expect(use(of: 0xffa0_0000_0012_3000, in: kernel) == .vmalloc)
    #expect(use(of: 0xffd4_0000_0000_0040, in: kernel) == .pageStructs)
  }

  @Test("AMD64 with KASLR for memory regions has vmalloc where a variable tells")
  func randomized() throws {
    let kernel = try kernel(SmallKernel.x86Randomized) {
      $0.variable("page_offset_base", bytes($0.plan.directMap.rawValue))
      $0.variable("vmalloc_base", bytes(0xffff_b6c2_8000_0000))
    }
    #expect(use(of: 0xffff_9a5c_c400_0000, in: kernel) == .directMap)
    #expect(use(of: 0xffff_b6c2_8012_3000, in: kernel) == .vmalloc)
    #expect(use(of: 0xffff_e1c3_8000_0040, in: kernel) == .pageStructs)
  }

  /// Expected uses: Documentation/arch/arm64/memory.rst and what VMCOREINFO tells.
  @Test("AArch64 since v5.4")
  func arm64() throws {
    let kernel = try kernel(SmallKernel.arm64) {
      $0.lines += [
        "NUMBER(MODULES_VADDR)=0xffff800000000000", "NUMBER(MODULES_END)=0xffff800008000000",
        "NUMBER(VMALLOC_START)=0xffff800008000000", "NUMBER(VMALLOC_END)=0xfffffbfff0000000",
      ]
    }
    #expect(use(of: 0x0000_ffff_f234_5000, in: kernel) == .user)
    #expect(use(of: 0xffff_0000_0400_0000, in: kernel) == .directMap)
    #expect(use(of: 0xffff_8000_0012_3000, in: kernel) == .modules)
    #expect(use(of: 0xffff_8000_0812_3000, in: kernel) == .vmalloc)
    #expect(use(of: 0xffff_b276_f380_1000, in: kernel) == .kernelImage)
    #expect(use(of: 0xffff_fc00_0000_0040, in: kernel) == .pageStructs)
  }

  /// Expected ends: `PAGE_END` of arch/arm64/include/asm/memory.h, Linux 5.10 to 7.2.
  @Test(
    "AArch64 with 52 bits has vmalloc where processors with fewer have it",
    arguments: zip([PageSize.kib4, .kib16, .kib64], [48, 47, 48] as [UInt64]))
  func wide(pageSize: PageSize, fewestBits: UInt64) throws {
    let end = UInt64.max << (fewestBits - 1)
    var plan = SmallKernel.arm64Pages16K
    plan.mode = .arm64(pageSize, virtualBits: 52)
    plan.text = VirtualAddress(end + 0x1080_0000)
    plan.directMap = VirtualAddress(0xffef_ffff_c000_0000)
    plan.lines[0...1] = ["NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=0xc"]
    let kernel = try kernel(plan)
    #expect(use(of: 0xfff0_0000_0400_0000, in: kernel) == .directMap)
    #expect(use(of: end + 0x812_3000, in: kernel) == .vmalloc)
    #expect(use(of: end - 0x1000, in: kernel) == nil)
  }

  @Test("AArch64 before v5.4 has its direct map above vmalloc")
  func unflipped() throws {
    let kernel = try kernel(SmallKernel.arm64Unflipped)
    #expect(use(of: 0xffff_ffc0_0400_0000, in: kernel) == .directMap)
    #expect(use(of: 0xffff_ff80_0812_3000, in: kernel) == .vmalloc)
    #expect(use(of: 0xffff_ff80_1080_1000, in: kernel) == .kernelImage)
  }

  @Test("per-CPU copies are told from the direct map that they lie in")
  func perCPU() throws {
    let kernel = try kernel(SmallKernel.x86) { small in
      let base = small.plan.directMap.rawValue
      small.variable("__cpu_possible_mask", bytes(0b11))
      small.variable("__per_cpu_offset", bytes(base + 0x80_0000, base + 0x90_0000))
      small.variable("pcpu_unit_size", bytes(of: UInt32(0x4_0000)))
      small.name("__per_cpu_start", VirtualAddress(0))
      small.name("__per_cpu_end", VirtualAddress(0x3_4000))
    }
    #expect(use(of: 0xffff_8880_0080_0000, in: kernel) == .perCPU)
    #expect(use(of: 0xffff_8880_0093_fff8, in: kernel) == .perCPU)
    #expect(use(of: 0xffff_8880_0094_0000, in: kernel) == .directMap)
    #expect(use(of: 0x3_3000, in: kernel) == .perCPU)
    #expect(use(of: 8, in: kernel) == nil)
  }
}

import DumpFiles
import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Opening a kernel by VMCOREINFO")
struct KernelOpeningTests {
  static let plans = [
    SmallKernel.x86, SmallKernel.x86Randomized, SmallKernel.x86FiveLevels, SmallKernel.arm64,
    SmallKernel.arm64Unflipped,
    SmallKernel.arm64Narrowed, SmallKernel.arm64Pages16K, SmallKernel.arm64Narrowed16K,
    SmallKernel.arm64Pages64K,
  ]

  @Test("page tables are found where VMCOREINFO says", arguments: plans.indices)
  func told(_ plan: Int) throws {
    var kernel = SmallKernel(Self.plans[plan])
    let variable = kernel.variable("jiffies", bytes(0x1234_5678))
    let object = kernel.object(bytes(42))
    let opening = try kernel.opening()
    #expect(opening.memory.tables.root == kernel.tables.root)
    #expect(try opening.memory.load(UInt64.self, at: variable) == 0x1234_5678)
    #expect(try opening.memory.load(UInt64.self, at: object) == 42)
    #expect(opening.release == "6.1.0-small")
  }

  @Test("page tables are searched for where VMCOREINFO does not say", arguments: plans.indices)
  func searched(_ plan: Int) throws {
    var kernel = SmallKernel(Self.plans[plan])
    let object = kernel.object(bytes(42))
    let opening = try kernel.opening(without: [
      "NUMBER(phys_base)", "NUMBER(pgtable_l5_enabled)", "NUMBER(kimage_voffset)",
      "NUMBER(VA_BITS)", "NUMBER(TCR_EL1_T1SZ)",
    ])
    #expect(opening.memory.tables.root == kernel.tables.root)
    #expect(try opening.memory.load(UInt64.self, at: object) == 42)
  }

  @Test("a phys_base that is another boot's is not believed")
  func wrongPhysBase() throws {
    var kernel = SmallKernel()
    let object = kernel.object(bytes(42))
    let text = kernel.info(without: ["NUMBER(phys_base)"]).text + "\nNUMBER(phys_base)=-583008256"
    let opening = try KernelOpening(
      physical: kernel.image, machine: .x86_64, info: VMCoreInfo(text: text))
    #expect(try opening.memory.load(UInt64.self, at: object) == 42)
  }

  @Test("a dump without the page tables is refused")
  func noTables() throws {
    var image = PhysicalImage()
    image.add(PageFrame(0)..<PageFrame(64))
    #expect(throws: KernelFailure.noPageTables) {
      try KernelOpening(physical: image, machine: .x86_64, info: SmallKernel().info())
    }
    #expect(throws: KernelFailure.missingLine("SYMBOL(swapper_pg_dir)")) {
      try SmallKernel().opening(without: ["SYMBOL(swapper_pg_dir)"])
    }
  }

  @Test("the relocation is told, or follows from where vmlinux has its symbols")
  func relocation() throws {
    let kernel = SmallKernel()
    #expect(try kernel.opening().relocation == 0x1900_0000)
    let opening = try kernel.opening(without: ["KERNELOFFSET"])
    #expect(opening.relocation == nil)
    let linked = VirtualAddress(kernel.directory.rawValue - 0x1900_0000)
    #expect(opening.relocation { $0 == "swapper_pg_dir" ? linked : nil } == 0x1900_0000)
    #expect(opening.relocation { _ in nil } == nil)
  }

  @Test("the release is read from memory when VMCOREINFO lacks it")
  func releaseFromMemory() throws {
    var kernel = SmallKernel()
    var names = [UInt8](repeating: 0, count: 8 + 6 * 65)
    names.replaceSubrange((8 + 130)..<(8 + 136), with: "4.18.0".utf8)
    let namespace = kernel.variable("init_uts_ns", names)
    kernel.lines += [
      "SYMBOL(init_uts_ns)=\(String(namespace.rawValue, radix: 16))",
      "OFFSET(uts_namespace.name)=8",
    ]
    #expect(try kernel.opening(without: ["OSRELEASE"]).release == "4.18.0")
  }
}

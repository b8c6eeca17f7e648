internal import ByteKit
internal import DumpFiles
internal import FixtureKit
internal import KernelImage
internal import Memory

/// VMCOREINFO, and the way that it leads to a kernel's page tables.
struct NotesTarget: FuzzTarget {
  var name: String { "vmcoreinfo" }

  private static let table = PhysicalAddress(0x2000)

  /// The lines of both architectures.
  func seeds() -> [[UInt8]] {
    var x86 = VMCoreInfoBuilder(release: "6.1.0")
    x86.symbol("init_uts_ns", VirtualAddress(0xffff_ffff_8200_0000))
    x86.symbol("swapper_pg_dir", VirtualAddress(0xffff_ffff_8000_2000))
    x86.symbol("_stext", VirtualAddress(0xffff_ffff_8100_0000))
    x86.number("phys_base", 0)
    x86.number("pgtable_l5_enabled", 0)
    x86.number("sme_mask", 0)
    x86.symbol("init_top_pgt", VirtualAddress(0xffff_ffff_8000_2000))
    x86.kernelOffset(0x200_0000)
    x86.line("OFFSET(uts_namespace.name)", "4")
    var arm64 = VMCoreInfoBuilder(release: "6.12.0", pageSize: .kib4)
    arm64.symbol("swapper_pg_dir", VirtualAddress(0xffff_8000_0000_2000))
    arm64.number("VA_BITS", 48)
    arm64.hexNumber("kimage_voffset", 0xffff_8000_0000_0000)
    arm64.hexNumber("PHYS_OFFSET", 0x4000_0000)
    arm64.number("TCR_EL1_T1SZ", 16)
    arm64.line("BUILD-ID", "0123456789abcdef0123456789abcdef01234567")
    arm64.kernelOffset(0)
    return [Array(x86.text.utf8), Array(arm64.text.utf8)]
  }

  /// Opens a dump whose notes have the lines, and whose memory has page tables.
  func run(_ input: Bytes) async {
    let info = VMCoreInfo(text: String(decoding: input.array, as: UTF8.self))
    for key in ["phys_base", "VA_BITS", "kimage_voffset"] { _ = info.number(key) }
    _ = info.pageSize
    _ = (info.size("list_head"), info.offset("list_head.next"), info.length("mem_section"))
    for machine in [Machine.x86_64, .arm64] {
      guard
        let opening = try? KernelOpening(physical: Self.memory, machine: machine, info: info)
      else { continue }
      _ = opening.release
      _ = opening.relocation
    }
    var builder = ELFCoreBuilder(memory: Self.memory)
    builder.notes = [CoreNote(owner: "VMCOREINFO", type: 0, contents: input.array)]
    guard let dump = try? DumpFile.open(bytes: Bytes(builder.bytes)) else { return }
    _ = try? KernelOpening(dump)
  }

  private static let memory: PhysicalImage = {
    var image = PhysicalImage()
    image.add(PageFrame(0)..<PageFrame(4))
    var tables = PageTableWriter(.x86_64(levels: 4), root: table, in: &image)
    tables.map(
      VirtualAddress(0xffff_ffff_8000_0000), to: PhysicalAddress(0), count: 4 << 12, in: &image)
    return image
  }()
}

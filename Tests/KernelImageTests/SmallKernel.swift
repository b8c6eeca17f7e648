import DebugInfo
import DumpFiles
import FixtureKit
import KernelImage
import Memory

/// A kernel of a few variables: its image, direct map and page tables in a machine's memory, and
/// what it says of itself.
struct SmallKernel {
  /// Where things are in its address space.
  struct Plan {
    var mode: PagingMode
    /// Where its image begins: `_text`.
    var text: VirtualAddress
    /// Where physical address 0 would be in the direct map.
    var directMap: VirtualAddress
    /// Where the `struct page` of page frame 0 would be.
    var structPages: VirtualAddress
    /// Where memory begins.
    var memory: PhysicalAddress
    /// The lines of VMCOREINFO that are the architecture's own; `{offset}` is how far the image lies
    /// above its physical address.
    var lines: [String]
  }

  static let x86 = Plan(
    mode: .x86_64(levels: 4), text: VirtualAddress(0xffff_ffff_9a00_0000),
    directMap: VirtualAddress(0xffff_8880_0000_0000),
    structPages: VirtualAddress(0xffff_ea00_0000_0000), memory: PhysicalAddress(0),
    lines: [
      "NUMBER(pgtable_l5_enabled)=0", "NUMBER(phys_base)={phys_base}", "KERNELOFFSET=19000000",
    ])

  /// KASLR with CONFIG_RANDOMIZE_MEMORY: variables tell where the direct map and the rest are.
  static let x86Randomized = Plan(
    mode: .x86_64(levels: 4), text: VirtualAddress(0xffff_ffff_9a00_0000),
    directMap: VirtualAddress(0xffff_9a5c_c000_0000),
    structPages: VirtualAddress(0xffff_e1c3_8000_0000), memory: PhysicalAddress(0),
    lines: ["NUMBER(pgtable_l5_enabled)=0", "NUMBER(phys_base)={phys_base}"])

  static let x86FiveLevels = Plan(
    mode: .x86_64(levels: 5), text: VirtualAddress(0xffff_ffff_8100_0000),
    directMap: VirtualAddress(0xff11_0000_0000_0000),
    structPages: VirtualAddress(0xffd4_0000_0000_0000), memory: PhysicalAddress(0),
    lines: ["NUMBER(pgtable_l5_enabled)=1", "NUMBER(phys_base)={phys_base}"])

  static let arm64 = Plan(
    mode: .arm64(.kib4, virtualBits: 48), text: VirtualAddress(0xffff_b276_f380_0000),
    directMap: VirtualAddress(0xfffe_ffff_c000_0000),
    structPages: VirtualAddress(0xffff_fbff_ff00_0000), memory: PhysicalAddress(0x4000_0000),
    lines: [
      "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0x10", "NUMBER(PHYS_OFFSET)=0x40000000",
      "NUMBER(kimage_voffset)={offset}", "NUMBER(VMEMMAP_START)=0xfffffc0000000000",
    ])

  /// arm64 before v5.4: the direct map takes the upper half of the kernel's addresses.
  static let arm64Unflipped = Plan(
    mode: .arm64(.kib4, virtualBits: 39), text: VirtualAddress(0xffff_ff80_1080_0000),
    directMap: VirtualAddress(0xffff_ffbf_c000_0000),
    structPages: VirtualAddress(0xffff_ffbe_ff00_0000), memory: PhysicalAddress(0x4000_0000),
    lines: [
      "NUMBER(VA_BITS)=39", "NUMBER(PHYS_OFFSET)=0x40000000", "NUMBER(kimage_voffset)={offset}",
    ])

  /// arm64 configured for 52 bits on a processor that has 48: PHYS_OFFSET makes up for the rest.
  static let arm64Narrowed = Plan(
    mode: .arm64(.kib4, virtualBits: 48), text: VirtualAddress(0xffff_8000_1080_0000),
    directMap: VirtualAddress(0xfffe_ffff_c000_0000),
    structPages: VirtualAddress(0xffff_fbff_ff00_0000), memory: PhysicalAddress(0x4000_0000),
    lines: [
      "NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=0x10",
      "NUMBER(PHYS_OFFSET)=0xfff1000040000000", "NUMBER(kimage_voffset)={offset}",
    ])

  /// arm64 with pages of 16 KiB.
  static let arm64Pages16K = Plan(
    mode: .arm64(.kib16, virtualBits: 47), text: VirtualAddress(0xffff_c000_1080_0000),
    directMap: VirtualAddress(0xffff_7fff_c000_0000),
    structPages: VirtualAddress(0xffff_fdff_ffc0_0000), memory: PhysicalAddress(0x4000_0000),
    lines: [
      "NUMBER(VA_BITS)=47", "NUMBER(TCR_EL1_T1SZ)=0x11", "NUMBER(PHYS_OFFSET)=0x40000000",
      "NUMBER(kimage_voffset)={offset}",
    ])

  /// arm64 with pages of 16 KiB, configured for 52 bits on a processor that has 47: the direct map ends
  /// where it would with 47, and was refused with that of 48.
  static let arm64Narrowed16K = Plan(
    mode: .arm64(.kib16, virtualBits: 47), text: VirtualAddress(0xffff_c000_1080_0000),
    directMap: VirtualAddress(0xffff_7fff_c000_0000),
    structPages: VirtualAddress(0xffff_fdff_ffc0_0000), memory: PhysicalAddress(0x4000_0000),
    lines: [
      "NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=0x11",
      "NUMBER(PHYS_OFFSET)=0xfff0800040000000", "NUMBER(kimage_voffset)={offset}",
    ])

  /// arm64 with pages of 64 KiB, configured for 52 bits on a processor that has 48: the first table
  /// is as large as configured.
  static let arm64Pages64K = Plan(
    mode: .arm64(.kib64, virtualBits: 52), text: VirtualAddress(0xffff_8000_1080_0000),
    directMap: VirtualAddress(0xfffe_ffff_c000_0000),
    structPages: VirtualAddress(0xffff_fbff_fff0_0000), memory: PhysicalAddress(0x4000_0000),
    lines: [
      "NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=0x10",
      "NUMBER(PHYS_OFFSET)=0xfff1000040000000", "NUMBER(kimage_voffset)={offset}",
    ])

  static let memorySize = 256 << 20
  private static let imageSize = 4 << 20

  let plan: Plan
  let machine: Machine
  var image: PhysicalImage
  var tables: PageTableWriter
  /// Where each symbol is.
  private(set) var symbols: [(name: String, address: VirtualAddress, size: UInt64)] = []
  /// Lines of VMCOREINFO beside the usual ones.
  var lines: [String] = ["NUMBER(SECTION_SIZE_BITS)=27", "NUMBER(MAX_PHYSMEM_BITS)=46"]
  private let imageStart: PhysicalAddress
  private var nextVariable: UInt64 = 0x10_0000
  private var nextObject: UInt64 = 64 << 20

  init(_ plan: Plan = x86) {
    self.plan = plan
    machine = if case .x86_64 = plan.mode { .x86_64 } else { .arm64 }
    image = PhysicalImage(pageSize: plan.mode.pageSize)
    imageStart = plan.memory.advanced(by: 32 << 20)
    tables = PageTableWriter(plan.mode, root: imageStart.advanced(by: 0x1_0000), in: &image)
    tables.map(plan.text, to: imageStart, count: Self.imageSize, in: &image)
    tables.map(
      plan.directMap.advanced(by: plan.memory.rawValue), to: plan.memory, count: Self.memorySize,
      shift: plan.mode.levelShifts.dropLast().last ?? 21, in: &image)
    let frame = image.pageSize.frame(of: plan.memory)
    image.add(frame..<PageFrame(frame.rawValue + 1))
    symbols = [
      ("_text", plan.text, 0), ("_end", plan.text.advanced(by: Self.imageSize), 0),
      ("swapper_pg_dir", directory, UInt64(plan.mode.pageSize.bytes)),
    ]
  }

  /// The virtual address of the first page table.
  var directory: VirtualAddress { plan.text.advanced(by: UInt64(0x1_0000)) }

  /// How far the image lies above its physical address.
  var imageOffset: UInt64 { plan.text.rawValue &- imageStart.rawValue }

  /// Puts a variable into the kernel's image and names it.
  @discardableResult
  mutating func variable(_ name: String, _ bytes: [UInt8]) -> VirtualAddress {
    let offset = nextVariable
    nextVariable += UInt64(max(bytes.count, 1) + 63) / 64 * 64
    image.write(bytes, at: imageStart.advanced(by: offset))
    let address = plan.text.advanced(by: offset)
    symbols.append((name, address, UInt64(bytes.count)))
    return address
  }

  /// Names an address.
  mutating func name(_ name: String, _ address: VirtualAddress) {
    symbols.append((name, address, 0))
  }

  /// Puts an object into memory and returns where it is in the direct map.
  mutating func object(_ bytes: [UInt8]) -> VirtualAddress {
    let address = plan.memory.advanced(by: nextObject)
    nextObject += UInt64(max(bytes.count, 1) + 63) / 64 * 64
    image.write(bytes, at: address)
    return plan.directMap.advanced(by: address.rawValue)
  }

  /// Overwrites what is at an address of the direct map.
  mutating func write(_ bytes: [UInt8], at address: VirtualAddress) {
    image.write(bytes, at: PhysicalAddress(address.offset(from: plan.directMap)))
  }

  /// What the kernel says of itself, without the lines that begin with one of `missing`.
  func info(without missing: [String] = []) -> VMCoreInfo {
    let physBase = Int64(
      bitPattern: imageStart.rawValue &- plan.text.rawValue &+ 0xffff_ffff_8000_0000)
    let usual = [
      "OSRELEASE=6.1.0-small", "PAGESIZE=\(plan.mode.pageSize.bytes)",
      "SYMBOL(swapper_pg_dir)=\(String(directory.rawValue, radix: 16))",
    ]
    let own = plan.lines.map { line in
      line.hasSuffix("{offset}")
        ? line.dropLast(8) + "0x" + String(imageOffset, radix: 16)
        : line.hasSuffix("{phys_base}") ? line.dropLast(11) + String(physBase) : line
    }
    let kept = (usual + own + lines).filter { line in
      !missing.contains { line.hasPrefix($0) }
    }
    return VMCoreInfo(text: kept.joined(separator: "\n"))
  }

  /// The symbols defined so far, and those of some types.
  func symbolTable(_ types: FixtureTypes? = nil) -> SymbolTable {
    var builder = SymbolTableBuilder()
    for symbol in symbols {
      builder.add(
        name: Array(symbol.name.utf8), address: symbol.address, size: symbol.size, kind: .object,
        isGlobal: true)
    }
    let known = types?.symbols ?? SymbolTable()
    for index in 0..<known.count { builder.add(known[index]) }
    return SymbolTable(builder)
  }

  /// The kernel opened as far as VMCOREINFO leads.
  func opening(without missing: [String] = []) throws -> KernelOpening {
    try KernelOpening(physical: image, machine: machine, info: info(without: missing))
  }
}

/// Integers as the machine stores them.
func bytes(_ words: UInt64...) -> [UInt8] { words.flatMap { bytes(of: $0) } }

/// An integer as the machine stores it.
func bytes<Word: FixedWidthInteger>(of word: Word) -> [UInt8] {
  (0..<(Word.bitWidth / 8)).map { UInt8(truncatingIfNeeded: word >> Word($0 * 8)) }
}

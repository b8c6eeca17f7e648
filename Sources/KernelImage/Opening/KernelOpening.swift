public import DumpFiles
public import Memory

/// A dump opened as far as its VMCOREINFO leads: memory by virtual address, but no names yet.
///
/// This tells which vmlinux to look for and how far KASLR moved it; with its symbols and types,
/// `kernel(symbols:types:)` does the rest.
public struct KernelOpening: Sendable {
  /// The architecture.
  public let machine: Machine
  /// What the kernel says of itself.
  public let info: VMCoreInfo
  /// The machine's memory by page frame.
  public let physical: any PhysicalMemory
  /// The kernel's memory by virtual address, translated by page tables alone.
  public let memory: KernelMemory
  /// The virtual address of the first page table, `memory.tables.root`.
  let directory: VirtualAddress

  /// Opens what a dump file holds; throws when it is not known to hold a kernel.
  public init(_ dump: DumpFile) throws(KernelFailure) {
    guard let info = dump.vmcoreinfo else { throw .noVMCoreInfo }
    guard let machine = dump.machine ?? Machine(describedBy: info) else { throw .unknownMachine }
    try self.init(physical: dump.memory, machine: machine, info: info)
  }

  /// Finds the kernel's page tables; throws when they cannot be found.
  public init(
    physical: any PhysicalMemory, machine: Machine, info: VMCoreInfo
  ) throws(KernelFailure) {
    self.physical = physical
    self.machine = machine
    self.info = info
    guard let directory = info.symbol("swapper_pg_dir") else {
      throw .missingLine("SYMBOL(swapper_pg_dir)")
    }
    self.directory = directory
    let search = PageTableSearch(
      physical: physical, directory: directory,
      shapes: machine.pageTableShapes(info, pageSize: physical.pageSize))
    let root = machine.imageOffset(info).map {
      PhysicalAddress(directory.rawValue &- $0)
    }
    guard let tables = search.tables(at: root) else { throw .noPageTables }
    memory = KernelMemory(machine: machine, tables: tables)
  }

  /// The release, as `uname -r` prints it, from VMCOREINFO or the kernel's memory.
  public var release: String? {
    info.osRelease
      ?? info.symbol("init_uts_ns").flatMap { namespace in
        // struct new_utsname: sysname, nodename, release, … of 65 bytes each.
        let name = namespace.advanced(by: info.offset("uts_namespace.name") ?? 0)
        return try? memory.string(at: name.advanced(by: 2 * 65), limit: 65)
      }
  }

  /// How far the kernel runs from where it was linked, in bytes, if VMCOREINFO tells.
  public var relocation: UInt64? { info.kernelOffset }

  /// How far the kernel runs from where it was linked, told by where vmlinux has a symbol.
  ///
  /// `linkAddress` returns the address of a symbol in vmlinux, before any relocation. Kernels from
  /// before 3.16 (x86_64) and 4.7 (arm64) do not tell otherwise.
  public func relocation(linkAddress: (String) -> VirtualAddress?) -> UInt64? {
    if let relocation { return relocation }
    for name in ["_stext", "swapper_pg_dir", "init_uts_ns"] {
      guard let running = info.symbol(name), let linked = linkAddress(name) else { continue }
      return running.offset(from: linked)
    }
    return nil
  }
}

extension Machine {
  /// The machine whose peculiarities VMCOREINFO speaks of.
  fileprivate init?(describedBy info: VMCoreInfo) {
    if info.number("phys_base") != nil || info.symbol("init_top_pgt") != nil {
      self = .x86_64
    } else if info.number("VA_BITS") != nil || info.number("kimage_voffset") != nil {
      self = .arm64
    } else {
      return nil
    }
  }

  /// `__START_KERNEL_map`, where the kernel's image would be with a `phys_base` of 0.
  static let startKernelMap: UInt64 = 0xffff_ffff_8000_0000

  /// How far the virtual addresses of the kernel's image lie above the physical ones.
  fileprivate func imageOffset(_ info: VMCoreInfo) -> UInt64? {
    switch self {
    case .x86_64:
      // Since 401721ecd1dc ("kexec: export the value of phys_base instead of symbol address"), v4.10.
      info.number("phys_base").map { Self.startKernelMap &- UInt64(bitPattern: $0) }
    case .arm64:
      // Since 20a166243328 ("arm64: kdump: add VMCOREINFO's for user-space tools"), v4.12.
      info.number("kimage_voffset").map { UInt64(bitPattern: $0) }
    }
  }

  /// The ways in which the page tables may be laid out, the likeliest first.
  fileprivate func pageTableShapes(_ info: VMCoreInfo, pageSize: PageSize) -> [PageTableShape] {
    switch self {
    case .x86_64:
      // Without the number (before v4.17) the configuration alone decided.
      let levels = info.number("pgtable_l5_enabled").map { [$0 != 0] } ?? [false, true]
      let mask = UInt64(bitPattern: info.number("sme_mask") ?? 0)
      return levels.map { .x86_64(hasFiveLevels: $0, encryptionMask: mask) }
    case .arm64:
      return virtualBits(info, pageSize: pageSize).compactMap {
        .arm64(pageSize: pageSize, virtualBits: $0)
      }
    }
  }

  /// How many bits of an address the page tables may translate, the likeliest first.
  private func virtualBits(_ info: VMCoreInfo, pageSize: PageSize) -> [Int] {
    // With 64 KiB pages the first table is as large as the configuration says, even where the
    // processor has fewer bits than that.
    let actual = pageSize == .kib64 ? nil : info.number("TCR_EL1_T1SZ").map { 64 &- $0 }
    let told = [actual, info.number("VA_BITS")].compactMap { $0.flatMap { Int(exactly: $0) } }
    let configurable =
      switch pageSize {
      case .kib4: [48, 39, 52]
      case .kib16: [47, 48, 36, 52]
      default: [48, 52, 42]
      }
    return told + configurable.filter { !told.contains($0) }
  }
}

internal import ByteKit

/// What QEMU says of a CPU beyond its general registers: an x86 `QEMU` note.
public struct QEMUCPU: Hashable, Sendable {
  /// Control register 0.
  public let cr0: UInt64
  /// The physical address of the page tables in use, with PCID bits.
  public let cr3: UInt64
  /// Control register 4; bit 12 tells 5-level paging.
  public let cr4: UInt64
  /// The kernel's GS base: where this CPU's per-CPU variables are, when it ran in user mode.
  public let kernelGSBase: UInt64?

  /// Reads QEMU's `QEMUCPUState` version 1 (target/i386/arch_dump.c).
  ///
  /// Version and size (4 bytes each), 18 registers, 10 segments of 24 bytes, cr0…cr4, and since
  /// QEMU 3.0 the kernel's GS base.
  init?(note: Note) {
    let contents = note.contents
    guard note.owner == "QEMU", contents.load(UInt32.self, at: 0) == 1,
      let cr0 = contents.load(UInt64.self, at: 392), let cr3 = contents.load(UInt64.self, at: 416),
      let cr4 = contents.load(UInt64.self, at: 424)
    else { return nil }
    self.cr0 = cr0
    self.cr3 = cr3
    self.cr4 = cr4
    kernelGSBase = contents.load(at: 432)
  }
}

internal import ByteKit

/// A format that holds a machine's memory, or a dump inside of it, and is not read here.
public enum ForeignFormat: Hashable, Sendable, CaseIterable {
  /// Linux Kernel Crash Dump, before kdump.
  case lkcd
  /// The diskdump format that kdump-compressed came from.
  case diskdump
  /// A stand-alone dump of an IBM Z machine.
  case s390
  /// A Xen guest, saved or dumped by the toolstack.
  case xen
  /// A dump made by the firmware of a Fujitsu machine.
  case sadump
  /// The saved state of a VMware guest.
  case vmware
  /// The saved state of a Hyper-V guest.
  case hyperV
  /// A guest saved by libvirt's managed save.
  case libvirtSave
  /// A QEMU migration stream or snapshot.
  case qemuMigration
  /// AVML's compressed form of LiME.
  case avml
  /// A swap partition that holds a hibernated system.
  case hibernation
  /// A Windows crash dump.
  case windows
  /// A disk image of QEMU; its internal snapshots hold memory, too.
  case qcow2
  /// A kernel as it is booted, without debug information.
  case kernelImage
  /// The memory of the running system, as a file.
  case liveMemory
  /// A gzip stream.
  case gzip
  /// A bzip2 stream.
  case bzip2
  /// An xz stream.
  case xz
  /// An lz4 frame.
  case lz4
  /// A Zstandard stream around a whole file.
  case zstd

  /// What the format is, with its article.
  public var name: String {
    switch self {
    case .lkcd: "an LKCD dump"
    case .diskdump: "a diskdump of a 2.6 kernel or older"
    case .s390: "an s390 stand-alone dump"
    case .xen: "a saved Xen guest"
    case .sadump: "a sadump of Fujitsu firmware"
    case .vmware: "the saved state of a VMware guest"
    case .hyperV: "the saved state of a Hyper-V guest"
    case .libvirtSave: "a guest saved by libvirt"
    case .qemuMigration: "a QEMU migration stream"
    case .avml: "an AVML image"
    case .hibernation: "a hibernated system's swap"
    case .windows: "a Windows crash dump"
    case .qcow2: "a qcow2 disk image"
    case .kernelImage: "a kernel image, such as vmlinuz"
    case .liveMemory: "the memory of the running system"
    case .gzip: "compressed with gzip"
    case .bzip2: "compressed with bzip2"
    case .xz: "compressed with xz"
    case .lz4: "compressed with lz4"
    case .zstd: "compressed with zstd"
    }
  }

  /// What to do with such a file.
  public var advice: String {
    switch self {
    case .lkcd, .diskdump: "crash reads it; a newer kernel can dump with kdump"
    case .s390: "convert it with `zgetdump -f elf`"
    case .xen: "dump the guest from inside with kdump"
    case .sadump: "convert it with `makedumpfile -c -d 1`"
    case .vmware: "convert it with `vmss2core -N` from the .vmss or .vmsn and the .vmem beside it"
    case .hyperV: "dump the guest from inside with kdump"
    case .libvirtSave: "restore the guest and take `virsh dump --memory-only`"
    case .qemuMigration:
      "load it in QEMU with `-incoming` or `loadvm` and use `dump-guest-memory`"
    case .avml: "convert it with `avml-convert` to LiME's format"
    case .hibernation: "resume the system, then dump it with kdump"
    case .windows: "use a Windows debugger"
    case .qcow2:
      "start QEMU with `-loadvm` and the snapshot's name, and use `dump-guest-memory`"
    case .kernelImage: "give the dump, and the kernel's vmlinux with debug information as --vmlinux"
    case .liveMemory: "save it first, with `makedumpfile -c -d 31 /proc/kcore vmcore`"
    case .gzip: "decompress it first, with `gunzip`"
    case .bzip2: "decompress it first, with `bunzip2`"
    case .xz: "decompress it first, with `unxz`"
    case .lz4: "decompress it first, with `unlz4`"
    case .zstd: "decompress it first, with `unzstd`"
    }
  }

  /// The format that a file's name tells, where nothing in the file does.
  static func named(_ path: String) -> ForeignFormat? {
    if path.hasSuffix("/kcore") { return .liveMemory }
    // A copy of the guest's memory; where it has a gap, the other file knows.
    return path.hasSuffix(".vmem") ? .vmware : nil
  }

  /// The format whose signature `file` bears, or nil when it bears none.
  static func recognized(in file: Bytes) -> ForeignFormat? {
    signatures.first { file.holds($0.bytes, at: $0.offset) }?.format
  }

  /// The signatures of each format: crash's and libkdumpfile's probes, file(1)'s magic.
  private static let signatures: [(format: ForeignFormat, offset: Int, bytes: [UInt8])] = [
    (.lkcd, 0, [0xED, 0x23, 0x8F, 0x61, 0x73, 0x01, 0x19, 0xA8]),
    (.lkcd, 0, [0xA8, 0x19, 0x01, 0x73, 0x61, 0x8F, 0x23, 0xED]),
    (.lkcd, 0, [0xCD, 0x23, 0x8F, 0x61, 0x73, 0x01, 0x19, 0xA8]),
    (.s390, 0, [0xA8, 0x19, 0x01, 0x73, 0x61, 0x8F, 0x23, 0xFD]),
    (.diskdump, 0, Array("DISKDUMP".utf8)),
    (.xen, 0, Array("LinuxGuestRecord".utf8)),
    (.xen, 0, Array("XenSavedDomain".utf8)),
    (.sadump, 0, Array("sadump\0\0".utf8)),
    (.vmware, 0, [0xD0, 0xBE, 0xD2, 0xBE]),
    (.vmware, 0, [0xD1, 0xBA, 0xD1, 0xBA]),
    (.vmware, 0, [0xD2, 0xBE, 0xD2, 0xBE]),
    (.vmware, 0, [0xD3, 0xBE, 0xD3, 0xBE]),
    (.hyperV, 0, [0x14, 0x20, 0x28, 0x01]),
    (.libvirtSave, 0, Array("LibvirtQemudSave".utf8)),
    (.libvirtSave, 0, Array("LibvirtQemudPart".utf8)),
    (.qemuMigration, 0, Array("QEVM".utf8)),
    (.avml, 0, Array("AVML".utf8)),
    // The kernel marks the last ten bytes of the swap area's first page (kernel/power/swap.c).
    (.hibernation, 4086, Array("S1SUSPEND".utf8)),
    (.hibernation, 4086, Array("LINHIB0001".utf8)),
    (.windows, 0, Array("PAGEDU64".utf8)),
    (.windows, 0, Array("PAGEDUMP".utf8)),
    (.qcow2, 0, [0x51, 0x46, 0x49, 0xFB]),
    // Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst.
    (.kernelImage, 0x202, Array("HdrS".utf8)),
    (.kernelImage, 56, [0x41, 0x52, 0x4D, 0x64]),
    (.gzip, 0, [0x1F, 0x8B]),
    (.bzip2, 0, Array("BZh".utf8)),
    (.xz, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
    (.lz4, 0, [0x04, 0x22, 0x4D, 0x18]),
    (.lz4, 0, [0x02, 0x21, 0x4C, 0x18]),
    (.zstd, 0, [0x28, 0xB5, 0x2F, 0xFD]),
  ]
}

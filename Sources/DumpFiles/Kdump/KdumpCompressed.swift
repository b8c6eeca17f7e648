internal import ByteKit
internal import Memory

/// kdump-compressed dumps, as makedumpfile and QEMU write them.
enum KdumpCompressed {
  /// makedumpfile's `DUMP_DH_COMPRESSED_INCOMPLETE` and `DUMP_DH_EXCLUDED_VMEMMAP`.
  private static let incomplete: UInt32 = 8
  static let withoutUnusedVmemmap: UInt32 = 0x10

  /// Reads everything but the memory; throws `DumpFailure` when there are no pages to be found.
  static func read(_ contents: DumpContents) throws(DumpFailure) -> DumpParts {
    let header = try KdumpHeader(contents)
    let notes =
      header.notes.map { Note.parse(contents.prefix(at: $0.offset, count: $0.size)) } ?? []
    let machine = try machine(header, notes)
    let blocks = try KdumpBlocks(contents, header: header)
    var format = DumpFormat(container: .kdumpCompressed)
    format.isIncomplete = header.status & incomplete != 0
    format.isTruncated = blocks.isTruncated
    format.surplusDescriptors = blocks.surplusDescriptors
    format.strayBlocks = blocks.strayBlocks
    format.erasures =
      header.eraseInfo.map { EraseInfo.lines(contents.prefix(at: $0.offset, count: $0.size)) } ?? []
    if format.erasures.isEmpty { format.erasures = EraseInfo.lines(in: notes) }
    format.kdump = DumpFormat.Kdump(
      headerVersion: header.version, blockSize: header.blockSize, dumpLevel: header.dumpLevel,
      parts: header.split.map { [PageFrame($0.lowerBound)..<PageFrame($0.upperBound)] } ?? [],
      codecHint: codecHint(header.status),
      isWithoutUnusedVmemmap: header.status & withoutUnusedVmemmap != 0)
    return DumpParts(
      format: format, machine: machine, uname: header.uname, notes: notes,
      vmcoreinfo: vmcoreinfo(header, contents),
      memory: KdumpMemory(blocks, pageSize: header.blockSize),
      fallbackPageSize: header.blockSize)
  }

  private static func vmcoreinfo(_ header: KdumpHeader, _ contents: DumpContents) -> VMCoreInfo? {
    guard let place = header.vmcoreinfo, place.offset > 0 else { return nil }
    let size = min(place.size, UInt64(VMCoreInfoSearch.longest))
    return VMCoreInfoSearch.parse(contents.prefix(at: place.offset, count: size), at: 0)
  }

  /// The header's word, or else the size of a CPU's note: not every writer fills in the header.
  private static func machine(
    _ header: KdumpHeader, _ notes: [Note]
  ) throws(DumpFailure) -> Machine? {
    switch header.uname.machine {
    case "x86_64": return .x86_64
    case "aarch64": return .arm64
    case "", "Unknown":
      // QEMU on arm64 writes `Unknown`.
      let status = notes.first { $0.owner == "CORE" && $0.type == 1 }
      return switch status?.contents.count {
      case 336: .x86_64
      case 392: .arm64
      default: nil
      }
    default: throw .unsupportedMachine(header.uname.machine)
    }
  }

  private static func codecHint(_ status: UInt32) -> String? {
    let names: [(UInt32, String)] = [(1, "zlib"), (2, "lzo"), (4, "snappy"), (0x20, "zstd")]
    return names.first { status & $0.0 != 0 }?.1
  }
}

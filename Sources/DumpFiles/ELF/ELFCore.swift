internal import ByteKit
internal import Memory

/// ELF cores of a whole machine, as /proc/vmcore, QEMU and makedumpfile -E give them.
enum ELFCore {
  private static let load: UInt32 = 1
  private static let note: UInt32 = 4
  private static let incompleteFlag: UInt32 = 1

  /// Reads everything but the memory; throws `DumpFailure` when the core is not of a machine.
  static func read(_ contents: DumpContents) throws(DumpFailure) -> DumpParts {
    let header = try ELFHeader(contents)
    let loads = header.segments.filter { $0.type == load }
    try checkAddresses(loads)
    let notes = notes(header, contents)
    if notes.contains(where: { $0.owner == "Xen" || $0.owner == "VMCOREINFO_XEN" }) {
      throw .foreign(.xen)
    }
    let map = SegmentMap(loads.map(\.memory), end: contents.end)
    var format = DumpFormat(container: .elfCore)
    format.isIncomplete = header.flags & incompleteFlag != 0
    format.isTruncated = map.isCutOff
    format.erasures = EraseInfo.lines(in: notes)
    return DumpParts(
      format: format, machine: header.machine, notes: notes,
      memory: SegmentMemory(contents: contents, map: map, pageSize: .kib4),
      fallbackPageSize: .kib4)
  }

  /// A process's core has no physical addresses, and a Xen guest's keeps its memory elsewhere.
  private static func checkAddresses(_ loads: [ELFHeader.Segment]) throws(DumpFailure) {
    guard let first = loads.first else {
      // makedumpfile -E fills in the program headers when it has written all else.
      throw .unsupported(
        variant: "an ELF core that names no memory",
        advice: "the dump was ended early, or is of a Xen guest; dump inside of it, with kdump")
    }
    guard loads.count == 1 || loads.contains(where: { $0.address != first.address }) else {
      throw .unsupported(
        variant: "an ELF core without physical addresses, such as that of a process",
        advice: "save the machine's memory with kdump or QEMU's dump-guest-memory")
    }
  }

  private static func notes(_ header: ELFHeader, _ contents: DumpContents) -> [Note] {
    var notes: [Note] = []
    // Segments of a damaged file may all name the same bytes; those are not read over and over.
    var left = contents.storedCount
    for segment in header.segments where segment.type == note && segment.fileSize <= left {
      left -= segment.fileSize
      let bytes = contents.prefix(at: segment.fileOffset, count: segment.fileSize)
      notes += Note.parse(bytes)
    }
    return notes
  }
}

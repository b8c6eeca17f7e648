public import ByteKit
public import Memory

/// A dump: the memory of a machine at one moment, and what was written down about it.
public struct DumpFile: Sendable {
  /// How the dump is stored.
  public let format: DumpFormat
  /// The architecture; nil when neither the header nor the notes tell it.
  public let machine: Machine?
  /// The memory by the kernel's page frames.
  ///
  /// The page size is the one that VMCOREINFO names; without, a kdump's block size, or 4 KiB.
  public let memory: any PhysicalMemory
  /// What the kernel says of itself; nil when it was not found.
  public let vmcoreinfo: VMCoreInfo?
  /// Where VMCOREINFO was found.
  public let vmcoreinfoOrigin: VMCoreInfoOrigin?
  /// The system's names, as a kdump's header has them; QEMU fills in the machine only.
  public let uname: Uname?
  /// Every note, in the order of the file.
  public let notes: [Note]
  /// The CPUs that left a note, in the order of the file.
  public let cpus: [CPUState]
  /// What QEMU said of the CPUs, in the order of the file.
  public let qemuCPUs: [QEMUCPU]

  /// Opens a dump of any format that is read here; throws `DumpFailure` for every other file.
  public static func open(path: String) throws(DumpFailure) -> DumpFile {
    let file: Bytes
    do throws(SystemFailure) {
      file = try Bytes.mapped(path: path)
    } catch {
      throw .system(error)
    }
    return try open(bytes: file)
  }

  /// Opens a dump from the bytes of its file; throws `DumpFailure` when they are none.
  public static func open(bytes: Bytes) throws(DumpFailure) -> DumpFile {
    guard bytes.count > 0 else { throw .empty }
    guard bytes.holds(FlattenedRecords.magic) else {
      return DumpFile(try read(DumpContents(file: bytes), head: bytes))
    }
    let records = try FlattenedRecords(file: bytes)
    let contents = DumpContents(records: records)
    guard let head = contents.bytes(at: 0, count: 16) else {
      throw .damaged(
        structure: "flattened stream", offset: UInt64(bytes.count),
        finding: "it ends before the record that holds the dump's header")
    }
    var parts = try read(contents, head: head)
    parts.format.isFlattened = true
    parts.format.isTruncated = parts.format.isTruncated || records.isTruncated
    return DumpFile(parts)
  }

  private static func read(_ contents: DumpContents, head: Bytes) throws(DumpFailure) -> DumpParts {
    if head.holds(ELFHeader.magic) { return try ELFCore.read(contents) }
    if head.holds(KdumpHeader.magic) { return try KdumpCompressed.read(contents) }
    if let foreign = ForeignFormat.recognized(in: head) { throw .foreign(foreign) }
    throw .unrecognized
  }
}

extension DumpFile {
  /// Derives what all formats have in common from what one of them holds.
  init(_ parts: DumpParts) {
    let found = VMCoreInfoSearch.run(parts)
    vmcoreinfo = found?.info
    vmcoreinfoOrigin = found?.origin
    memory = parts.memory.cut(into: found?.info.pageSize ?? parts.fallbackPageSize)
    format = parts.format
    machine = parts.machine
    uname = parts.uname
    notes = parts.notes
    cpus = parts.notes.compactMap { CPUState(note: $0, machine: parts.machine) }
    qemuCPUs = parts.notes.compactMap(QEMUCPU.init)
  }
}

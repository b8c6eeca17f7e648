public import ByteKit
public import Memory

/// A dump: the memory of a machine at one moment, and what was written down about it.
public struct DumpFile: Sendable {
  /// How the dump is stored.
  public private(set) var format: DumpFormat
  /// The architecture; nil when neither the header nor the notes tell it.
  public let machine: Machine?
  /// The memory by the kernel's page frames.
  ///
  /// The page size is the one that VMCOREINFO names; without, a kdump's block size, or 4 KiB.
  public private(set) var memory: any PhysicalMemory
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
  ///
  /// With `rawStart`, a file of no known format is a copy of memory from that address on.
  public static func open(
    path: String, rawStart: PhysicalAddress? = nil
  ) throws(DumpFailure) -> DumpFile {
    let file: Bytes
    do throws(SystemFailure) {
      file = try Bytes.mapped(path: path)
    } catch {
      // The file of the running system's memory is not to be mapped.
      guard error.call == "mmap", let foreign = ForeignFormat.named(path) else {
        throw .system(error)
      }
      throw .foreign(foreign)
    }
    do throws(DumpFailure) {
      return try open(bytes: file, rawStart: rawStart)
    } catch {
      guard error == .unrecognized, let foreign = ForeignFormat.named(path) else { throw error }
      throw .foreign(foreign)
    }
  }

  /// Opens a dump from the bytes of its file; throws `DumpFailure` when they are none.
  ///
  /// With `rawStart`, bytes of no known format are a copy of memory from that address on.
  public static func open(
    bytes: Bytes, rawStart: PhysicalAddress? = nil
  ) throws(DumpFailure) -> DumpFile {
    guard bytes.count > 0 else { throw .empty }
    guard bytes.holds(FlattenedRecords.magic) else {
      let contents = DumpContents(file: bytes)
      do throws(DumpFailure) {
        return try DumpFile(try read(contents, head: bytes))
      } catch {
        guard error == .unrecognized, let rawStart else { throw error }
        return try DumpFile(RawImage.read(contents, from: rawStart))
      }
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
    return try DumpFile(parts)
  }

  /// The dump that this part, or these parts, of a split dump make with one more.
  ///
  /// The files may come in any order, and some may be missing. Throws `DumpFailure` when `other` is
  /// no part of the same dump.
  public func joined(with other: DumpFile) throws(DumpFailure) -> DumpFile {
    guard let mine = format.kdump, let others = other.format.kdump, !mine.parts.isEmpty,
      let part = others.parts.first, others.parts.count == 1
    else { throw .otherDump(reason: "only the parts of a split dump can be read together") }
    guard vmcoreinfo == other.vmcoreinfo, uname == other.uname, mine.blockSize == others.blockSize,
      memory.frames == other.memory.frames
    else { throw .otherDump(reason: "it is part of another dump") }
    guard !mine.parts.contains(where: { $0.overlaps(part) }) else {
      throw .otherDump(reason: "another file holds the same pages")
    }
    var whole = self
    whole.format.kdump?.parts = (mine.parts + [part]).sorted { $0.lowerBound < $1.lowerBound }
    whole.format.isTruncated = format.isTruncated || other.format.isTruncated
    whole.format.surplusDescriptors = format.surplusDescriptors &+ other.format.surplusDescriptors
    whole.format.strayBlocks = max(format.strayBlocks, other.format.strayBlocks)
    whole.format.isIncomplete = format.isIncomplete || other.format.isIncomplete
    whole.memory = SplitMemory(
      memory, adding: other.memory, blocks: part, blockSize: others.blockSize)
    return whole
  }

  private static func read(_ contents: DumpContents, head: Bytes) throws(DumpFailure) -> DumpParts {
    if head.holds(ELFHeader.magic) { return try ELFCore.read(contents) }
    if head.holds(KdumpHeader.magic) { return try KdumpCompressed.read(contents) }
    if head.holds(LiMEImage.magic) { return try LiMEImage.read(contents) }
    if let foreign = ForeignFormat.recognized(in: head) { throw .foreign(foreign) }
    throw .unrecognized
  }
}

extension DumpFile {
  /// Derives what all formats have in common from what one of them holds.
  ///
  /// Throws `DumpFailure` when `slabscope trim` wrote the dump and what it said of that is damaged.
  init(_ parts: DumpParts) throws(DumpFailure) {
    let found = VMCoreInfoSearch.run(parts)
    vmcoreinfo = found?.info
    vmcoreinfoOrigin = found?.origin
    var format = parts.format
    var record: TrimRecord?
    for note in parts.notes where record == nil { record = try TrimRecord(note) }
    let pageSize = record?.pageSize ?? found?.info.pageSize ?? parts.fallbackPageSize
    let file = parts.memory.cut(into: pageSize)
    memory = record.map { TrimmedMemory(file, record: $0) } ?? file
    format.trim = record.map { $0.isRedacted ? .redacted : .plain }
    self.format = format
    machine = parts.machine ?? found?.info.machine
    uname = parts.uname
    notes = parts.notes
    cpus = parts.notes.compactMap { CPUState(note: $0, machine: parts.machine) }
    qemuCPUs = parts.notes.compactMap(QEMUCPU.init)
  }
}

public import DumpFiles
public import Evidence
public import Memory

/// A dump with just what analyses looked at, ready to be written.
public struct TrimmedDump: Sendable {
  /// What is to be written.
  public let draft: DumpDraft
  /// Whether text and data are replaced in it.
  public let isRedacted: Bool
  /// How many page frames have each fate.
  public let counts: TrimPlan.Counts

  /// Makes it of a dump, the slabs that were found there, and what was looked at.
  ///
  /// `uname` counts where the dump's header has none, and where `redactor` replaces text and data.
  /// Returns nil when the dump claims more memory than any machine has.
  public init?(
    _ dump: DumpFile, census: Census, machine: Machine, touched: TouchedFrames, uname: Uname,
    directMapBase: VirtualAddress? = nil, redactor: Redactor? = nil
  ) {
    guard let plan = TrimPlan(dump.memory, touched: touched) else { return nil }
    let record = TrimRecord(
      pageSize: dump.memory.pageSize,
      isRedacted: redactor != nil || dump.format.trim == .redacted, runs: plan.runs)
    counts = plan.counts
    isRedacted = record.isRedacted
    draft = DumpDraft(
      memory: TrimmedPages(
        dump.memory, record: record, pointers: PointerPages(census, machine: machine),
        redaction: redactor.map { ($0, touched.fields) }),
      notes: Self.notes(of: dump, withRegisters: redactor == nil) + [record.note],
      machine: machine,
      uname: redactor == nil ? Self.uname(of: dump) ?? uname : uname,
      directMapBase: directMapBase,
      dumpLevel: dump.format.kdump?.dumpLevel ?? 0,
      isWithoutUnusedVmemmap: dump.format.kdump?.isWithoutUnusedVmemmap ?? false)
  }

  /// The notes of the dump, with VMCOREINFO even where it was only found in memory.
  ///
  /// The other notes have the registers of programs and the like.
  private static func notes(of dump: DumpFile, withRegisters: Bool) -> [Note] {
    let eraseInfo = dump.format.eraseInfo
    var notes = dump.notes.filter {
      $0.owner == VMCoreInfo.noteOwner
        || withRegisters && !TrimRecord.isRecord($0) && $0.owner != eraseInfo?.owner
    }
    if let info = dump.vmcoreinfo, !notes.contains(where: { $0.owner == VMCoreInfo.noteOwner }) {
      notes.append(info.note)
    }
    return notes + [eraseInfo].compactMap { $0 }
  }

  /// The system's names, where the dump's header has all of them.
  private static func uname(of dump: DumpFile) -> Uname? {
    dump.uname.flatMap { $0.version.isEmpty ? nil : $0 }
  }
}

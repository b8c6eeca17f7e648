public import DumpFiles
public import Evidence
public import Memory

/// A dump with just what analyses looked at, ready to be written.
public struct TrimmedDump: Sendable {
  /// What is to be written.
  public let draft: DumpDraft
  /// How many page frames have each fate.
  public let counts: TrimPlan.Counts

  /// Makes it of a dump, the slabs that were found there, and what was looked at.
  ///
  /// `uname` counts where the dump's header has none. Returns nil when the dump claims more memory
  /// than any machine has.
  public init?(
    _ dump: DumpFile, census: Census, machine: Machine, touched: TouchedFrames, uname: Uname,
    directMapBase: VirtualAddress? = nil
  ) {
    guard let plan = TrimPlan(dump.memory, touched: touched) else { return nil }
    let record = TrimRecord(
      pageSize: dump.memory.pageSize, isRedacted: dump.format.trim == .redacted, runs: plan.runs)
    counts = plan.counts
    draft = DumpDraft(
      memory: TrimmedPages(
        dump.memory, record: record, pointers: PointerPages(census, machine: machine)),
      notes: Self.notes(of: dump) + [record.note], machine: machine,
      uname: dump.uname.flatMap { $0.version.isEmpty ? nil : $0 } ?? uname,
      directMapBase: directMapBase,
      dumpLevel: dump.format.kdump?.dumpLevel ?? 0)
  }

  /// The notes of the dump, with VMCOREINFO even where it was only found in memory.
  private static func notes(of dump: DumpFile) -> [Note] {
    var notes = dump.notes.filter { !TrimRecord.isRecord($0) }
    if let info = dump.vmcoreinfo, !notes.contains(where: { $0.owner == VMCoreInfo.noteOwner }) {
      notes.append(info.note)
    }
    return notes
  }
}

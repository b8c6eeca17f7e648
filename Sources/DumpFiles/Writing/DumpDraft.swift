public import Memory

/// What is to be written into a dump: memory, and what is said about it.
public struct DumpDraft: Sendable {
  /// The memory: its frames are what the dump knows, those without an absence are what it holds.
  public var memory: any PhysicalMemory
  /// The notes, VMCOREINFO among them.
  public var notes: [Note]
  /// The architecture.
  public var machine: Machine
  /// The system's names.
  public var uname: Uname
  /// Where page frame 0 would be in the kernel's direct map, if that is known.
  public var directMapBase: VirtualAddress?
  /// What makedumpfile calls the dump level, 0 to 31.
  public var dumpLevel: Int
  /// Whether makedumpfile -e left out the `struct page` of what it left out; a kdump can say so.
  public var isWithoutUnusedVmemmap: Bool

  /// Collects what is to be written.
  public init(
    memory: any PhysicalMemory, notes: [Note], machine: Machine, uname: Uname,
    directMapBase: VirtualAddress? = nil, dumpLevel: Int = 0,
    isWithoutUnusedVmemmap: Bool = false
  ) {
    self.memory = memory
    self.notes = notes
    self.machine = machine
    self.uname = uname
    self.directMapBase = directMapBase
    self.dumpLevel = dumpLevel
    self.isWithoutUnusedVmemmap = isWithoutUnusedVmemmap
  }

  /// The notes as they stand in a file.
  var noteBytes: [UInt8] { notes.flatMap(\.bytes) }

  /// The page frames that the dump holds, in their order.
  var heldFrames: [PageFrame] {
    memory.frames.flatMap { range in
      (range.lowerBound.rawValue..<range.upperBound.rawValue).lazy.map { PageFrame($0) }
        .filter { memory.absence(of: $0) == nil }
    }
  }
}

/// Why a dump could not be written.
public enum DumpWritingFailure: Error, Hashable, Sendable {
  /// A page that was there when the dump was laid out cannot be read any more.
  case lostPage(PageFrame)
}

internal import Memory

/// What one format's reader found; the rest of a `DumpFile` is derived from it.
struct DumpParts {
  var format: DumpFormat
  /// The architecture, where a header tells it.
  var machine: Machine?
  var uname: Uname?
  var notes: [Note]
  /// VMCOREINFO, where a header points to it.
  var vmcoreinfo: VMCoreInfo?
  var memory: any DumpMemory
  /// The page size when VMCOREINFO names none.
  var fallbackPageSize: PageSize
}

/// The memory in a dump, before the size of the kernel's pages is known.
protocol DumpMemory: PhysicalMemory {
  /// The page frames that the file may hold, and not only speak of.
  var heldFrames: [Range<PageFrame>] { get }

  /// How many pages may be looked at in a search, so that it takes seconds at most.
  var searchLimit: Int { get }

  /// The same memory in pages of another size.
  func cut(into pageSize: PageSize) -> any DumpMemory
}

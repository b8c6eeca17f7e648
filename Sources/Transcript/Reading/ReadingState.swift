/// What the lines before tell about the next.
struct ReadingState {
  /// What follows in a listing of slabs.
  enum Section: Hashable {
    /// Nothing in particular.
    case none
    /// The objects of a slab.
    case objects
    /// The address of a CPU's `struct kmem_cache_cpu`.
    case cpuStructure
    /// Rows of `struct kmem_cache_node`.
    case nodes
  }

  /// The table whose header came last.
  enum Table: Hashable {
    case none, pages, tasks, processes, modules, files, sockets, other
  }

  /// The command that is answered, when the text shows it.
  var command: Command?
  /// The cache whose row came last, in `SessionFacts.caches`.
  var cache: Int?
  /// The slab whose row came last, in `SessionFacts.slabs`.
  var slab: Int?
  /// Where that slab's memory begins, if its row tells, and how large it can be.
  var slabStart: UInt64?
  var slabSize: UInt64 = 0
  var section = Section.none
  var site = SlabSite.listed
  var table = Table.none
  /// The structure that is being printed.
  var block: StructBlock?
  var free = FreeTable()
  /// Whether the last row of a cache ended without its SSIZE.
  var wantsSlabSize = false
  /// The process of `files` or `net -s`.
  var owner: (pid: Int, name: String)?

  /// Whether rows of memory are what they look like: hexadecimal, at kernel virtual addresses.
  var readsPlainMemory: Bool {
    guard block == nil, let command else { return block == nil }
    return !command.showsDecimalMemory && !command.showsSymbolicMemory
      && !command.showsOtherMemory && !command.showsText
  }

  /// A prompt ends whatever the command before printed.
  mutating func begin(_ command: Command?) {
    self.command = command
    cache = nil
    slab = nil
    section = .none
    site = .listed
    table = .none
    owner = nil
    wantsSlabSize = false
    free = FreeTable()
  }
}

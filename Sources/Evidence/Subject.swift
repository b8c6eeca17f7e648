public import DebugInfo
public import Memory

/// All that is known of one kernel, whether a dump or a saved session told it: what every analysis
/// works on.
public struct Subject: Sendable {
  /// Which kernel it is.
  public var kernel: KernelIdentity
  /// The objects of the slab caches.
  public var census: Census
  /// The kernel's memory.
  public var memory: any VirtualMemory
  /// What the kernel's parts of the address space are for.
  public var addressSpace: AddressSpace
  /// The names of functions and objects, of the kernel and its modules.
  public var symbols: SymbolTable
  /// The debug information, if there is any.
  public var types: (any TypeSource)?
  /// The loaded modules, in the kernel's order.
  public var modules: [Module]
  /// How much of the kernel was seen.
  public var coverage: Coverage
  /// What counters say about each of the census's caches; empty when the census has every object.
  public var counters: [CacheCounters?]
  /// The counters of caches at several times or of several machines, in the order of the inputs;
  /// empty when there is no more than one set.
  public var snapshots: [CacheSnapshot]
  /// Where memory went, by its pages or by the counters there are.
  public var accounts: [MemoryAccount]
  /// The pages that no record of the kernel's accounts for; nil where pages are not known.
  public var ghosts: GhostPages?
  /// The sockets, as far as they are known.
  public var sockets: [SocketQueue]
  /// The sockets that are no files, as far as they are known.
  public var filelessSockets: [FilelessSocket] = []
  /// The processes and threads, as far as they are known.
  public var tasks: [Task]
  /// Tells who refers to objects; nil where not all memory is at hand, as in a session.
  public var references: (any ReferenceScan)?
  /// Tells who allocated objects; nil where the kernel kept no records of that.
  public var allocations: (any AllocationRecords)?
  /// Tells which control groups objects are charged to; nil where that is not known.
  public var charges: (any ChargeRecords)?
  /// Compares reference counts with their holders; nil where that is not possible.
  public var audit: (any ReferenceAudit)?
  /// What that comparison found; empty unless it was made.
  public var overcounts: [Overcount] = []
  /// The slots of lost objects that only those of that comparison lead to; empty unless it was made.
  public var lostWithOvercounts: Set<UInt32> = []

  /// Compares the counts of routes with their holders; nil where that is not possible.
  public var routes: (any RouteAudit)?
  /// What that comparison found; empty unless it was made.
  public var routeSurpluses: [RouteSurplus] = []

  /// Brings the evidence together.
  public init(
    kernel: KernelIdentity, census: Census, memory: any VirtualMemory, addressSpace: AddressSpace,
    symbols: SymbolTable, types: (any TypeSource)?, modules: [Module], coverage: Coverage,
    counters: [CacheCounters?] = [], snapshots: [CacheSnapshot] = [],
    accounts: [MemoryAccount] = [], ghosts: GhostPages? = nil, sockets: [SocketQueue] = [],
    tasks: [Task] = [], references: (any ReferenceScan)? = nil,
    allocations: (any AllocationRecords)? = nil, audit: (any ReferenceAudit)? = nil,
    routes: (any RouteAudit)? = nil
  ) {
    self.kernel = kernel
    self.census = census
    self.memory = memory
    self.addressSpace = addressSpace
    self.symbols = symbols
    self.types = types
    self.modules = modules
    self.coverage = coverage
    self.counters = counters
    self.snapshots = snapshots
    self.accounts = accounts
    self.ghosts = ghosts
    self.sockets = sockets
    self.tasks = tasks
    self.references = references
    self.allocations = allocations
    self.audit = audit
    self.routes = routes
  }
}

/// Which kernel a dump or session is of.
public struct KernelIdentity: Hashable, Sendable {
  /// Its release, as `uname -r` prints it, if known.
  public var release: String?
  /// Its architecture, if known.
  public var machine: Machine?
  /// Its build ID in lower-case hexadecimal, if known.
  public var buildID: String?
  /// How far the kernel was moved by KASLR from its link address, in bytes, if known.
  public var relocation: UInt64?

  /// Describes a kernel.
  public init(
    release: String? = nil, machine: Machine? = nil, buildID: String? = nil,
    relocation: UInt64? = nil
  ) {
    self.release = release
    self.machine = machine
    self.buildID = buildID
    self.relocation = relocation
  }
}

/// A loaded module.
public struct Module: Hashable, Sendable {
  /// Its name, as `lsmod` shows it.
  public let name: String
  /// The address of its `struct module`, where pointers to `THIS_MODULE` lead.
  public let address: VirtualAddress
  /// The address ranges of its code and data.
  public let ranges: [Range<VirtualAddress>]
  /// Whether debug information for it was found.
  public var hasTypes: Bool

  /// Describes a module.
  public init(
    name: String, address: VirtualAddress, ranges: [Range<VirtualAddress>], hasTypes: Bool = false
  ) {
    self.name = name
    self.address = address
    self.ranges = ranges
    self.hasTypes = hasTypes
  }
}

public import DebugInfo
public import Memory

/// A dump opened as a running kernel: its memory by virtual address, its names and its types.
public struct Kernel: Sendable {
  /// The architecture.
  public let machine: Machine
  /// The release, as `uname -r` prints it.
  public let release: String
  /// The machine's memory by page frame.
  public let physical: any PhysicalMemory
  /// The kernel's memory by virtual address.
  public let memory: any VirtualMemory
  /// The kernel's page tables; nil for memory that has none, as a fixture's.
  public let tables: PageTables?
  /// Where the `struct page` of each page frame and the page itself are mapped.
  public let pages: PageMap
  /// The CPUs and their copies of per-CPU variables.
  public let perCPU: PerCPU
  /// The symbols of the kernel and, once somebody added them, its modules.
  public var symbols: SymbolTable
  /// The debug information of the kernel and of those modules that it was found for.
  public var types: any TypeSource
  /// The modules that were loaded.
  public let modules: ModuleList
  /// What the parts of the address space are for; where two overlap, the first counts.
  public let regions: [AddressRegion]
  /// What of the kernel's own records could not be read or does not fit together.
  public let damage: [Damage]

  /// Brings the parts together.
  public init(
    machine: Machine, release: String, physical: any PhysicalMemory, memory: any VirtualMemory,
    pages: PageMap, perCPU: PerCPU, symbols: SymbolTable, types: any TypeSource,
    modules: ModuleList = ModuleList(), regions: [AddressRegion] = [], damage: [Damage] = [],
    tables: PageTables? = nil
  ) {
    self.machine = machine
    self.release = release
    self.physical = physical
    self.memory = memory
    self.pages = pages
    self.perCPU = perCPU
    self.symbols = symbols
    self.types = types
    self.modules = modules
    self.regions = regions
    self.damage = damage
    self.tables = tables
  }

  /// The address of the kernel's own symbol of a name, if it has one.
  public func address(of symbol: String) -> VirtualAddress? {
    symbols.symbols(named: symbol).first { $0.module == nil }?.address
  }
}

internal import Analysis
internal import DebugInfo
internal import Evidence
internal import Memory

/// A return address with its symbol.
struct EncodedFrame: Encodable, Sendable {
  let address: EncodedAddress
  @OrNull var symbol: String?
  @OrNull var module: String?
  @OrNull var offset: UInt64?

  init(_ address: VirtualAddress, _ symbols: SymbolTable) {
    let reference = symbols.caller(returningTo: address)
    self.address = EncodedAddress(address)
    symbol = reference?.symbol.name
    module = reference?.symbol.module
    offset = reference?.offset
  }
}

/// A line of source code that allocates memory.
struct EncodedAllocationLine: Encodable, Sendable {
  let file: String
  let line: Int
  let function: String
  @OrNull var module: String?

  init(_ line: AllocationLine) {
    (file, self.line, function) = (line.file, line.line, line.function)
    module = line.module
  }
}

/// Who allocated the members of a group.
struct EncodedSites: Encodable, Sendable {
  /// A way to the allocator.
  struct Site: Encodable, Sendable {
    let count: Int
    let stack: [EncodedFrame]
    @OrNull var line: EncodedAllocationLine?

    init(_ site: AllocationSites.Site, _ symbols: SymbolTable) {
      count = site.count
      stack = site.stack.map { EncodedFrame($0, symbols) }
      line = site.line.map { EncodedAllocationLine($0) }
    }
  }

  let examined: Int
  let recorded: Int
  /// How long before the dump the last and the first of them was allocated.
  @OrNull var lastSeconds: Double?
  @OrNull var firstSeconds: Double?
  let sites: [Site]

  init(_ sites: AllocationSites, _ symbols: SymbolTable) {
    (examined, recorded) = (sites.examined, sites.recorded)
    lastSeconds = sites.ages?.lowerBound
    firstSeconds = sites.ages?.upperBound
    self.sites = sites.sites.map { Site($0, symbols) }
  }
}

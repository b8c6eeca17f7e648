public import DebugInfo
public import Evidence
public import Memory

/// Writes the slab objects of an imagined kernel, as evidence for an analysis.
///
///     var kernel = SubjectBuilder(types: types)
///     let cache = kernel.cache("kmalloc-32", objectSize: 32)
///     kernel.object(in: cache, [start, stop, next, show])
///     let subject = kernel.subject
public struct SubjectBuilder {
  /// Where the direct map begins.
  public static let directMap = VirtualAddress(0xffff_8880_0000_0000)
  /// Where the kernel's image begins.
  public static let image = VirtualAddress(0xffff_ffff_8100_0000)
  /// Where modules begin.
  public static let modules = VirtualAddress(0xffff_ffff_c000_0000)

  /// The kernel's memory, where a test may write anything else.
  public var memory = FixtureMemory()
  /// The architecture.
  public var machine = Machine.x86_64
  /// The names of functions and objects.
  public var symbols: SymbolTable
  private let types: FixtureTypes?
  private var caches: [SlabCache] = []
  /// The objects of each slab, in the order the slabs were begun.
  private var slabs: [(cache: Int, start: VirtualAddress, states: [ObjectState])] = []
  /// For each cache, the slab that its next object goes to.
  private var open: [Int?] = []
  private var nextPage = directMap.advanced(by: UInt64(0x10_0000))

  /// Starts a kernel with these types and symbols, and with no cache yet.
  public init(types: FixtureTypes? = nil) {
    self.types = types
    symbols = types?.symbols ?? SymbolTable()
  }

  /// Adds a cache and returns its index.
  ///
  /// A slab of it is as many pages as hold eight objects, and at least one.
  public mutating func cache(
    _ name: String, objectSize: Int, slotSize: Int? = nil, aliases: [String] = [],
    variables: [SymbolReference] = []
  ) -> Int {
    let slotSize = slotSize ?? (objectSize + 7) / 8 * 8
    caches.append(
      SlabCache(
        name: name, aliases: aliases, variables: variables, sharers: aliases.count + 1,
        address: Self.directMap.advanced(by: UInt64(caches.count * 0x100)), objectSize: objectSize,
        slotSize: slotSize, objectsPerSlab: max(8, memory.pageSize.bytes / slotSize)))
    open.append(nil)
    return caches.count - 1
  }

  /// Adds an object; `content` is given its address and returns its words.
  ///
  /// Words beyond the end of the object's slot are left out.
  @discardableResult public mutating func object(
    in cache: Int, state: ObjectState = .allocated, _ content: (VirtualAddress) -> [UInt64]
  ) -> VirtualAddress {
    let slab = slab(for: cache)
    let address = slabs[slab].start.advanced(by: slabs[slab].states.count * caches[cache].slotSize)
    slabs[slab].states.append(state)
    memory.write(Array(content(address).prefix(caches[cache].slotSize / 8)), at: address)
    return address
  }

  /// Adds an object with these words.
  @discardableResult public mutating func object(
    in cache: Int, state: ObjectState = .allocated, _ words: [UInt64]
  ) -> VirtualAddress {
    object(in: cache, state: state) { _ in words }
  }

  /// Adds an object that is a NUL-terminated string with `tail` behind it.
  @discardableResult public mutating func string(
    in cache: Int, _ text: String, tail: [UInt8] = []
  ) -> VirtualAddress {
    let address = object(in: cache, [])
    memory.write(Array((Array(text.utf8) + [0] + tail).prefix(caches[cache].slotSize)), at: address)
    return address
  }

  /// The slab with room for one more object, a new one if need be.
  private mutating func slab(for cache: Int) -> Int {
    let perSlab = caches[cache].objectsPerSlab
    if let slab = open[cache], slabs[slab].states.count < perSlab { return slab }
    slabs.append((cache, nextPage, []))
    open[cache] = slabs.count - 1
    for page in 0..<pages(of: cache) {
      memory.addPage(at: nextPage.advanced(by: page * memory.pageSize.bytes))
    }
    nextPage = nextPage.advanced(by: pages(of: cache) * memory.pageSize.bytes)
    return slabs.count - 1
  }

  private func pages(of cache: Int) -> Int {
    let bytes = caches[cache].objectsPerSlab * caches[cache].slotSize
    return (bytes + memory.pageSize.bytes - 1) / memory.pageSize.bytes
  }

  /// The evidence: slots that were not used are free.
  public var subject: Subject {
    var census = CensusBuilder(caches: caches)
    for slab in slabs {
      let cache = caches[slab.cache]
      let number = census.addSlab(
        cache: slab.cache, firstPage: slab.start, pages: pages(of: slab.cache),
        firstObject: slab.start, slots: cache.objectsPerSlab, slotSize: cache.slotSize)
      for index in 0..<cache.objectsPerSlab {
        let state = index < slab.states.count ? slab.states[index] : .free(.slab)
        census.set(census.slabs[number].firstSlot + index, to: state)
      }
    }
    return Subject(
      kernel: KernelIdentity(release: "6.1.0-fixture", machine: machine), census: Census(census),
      memory: memory, addressSpace: addressSpace, symbols: symbols, types: types, modules: [],
      coverage: Coverage(slabPages: slabs.reduce(0) { $0 + pages(of: $1.cache) }))
  }

  /// The parts of the address space as x86_64 has them with 4-level page tables.
  private var addressSpace: AddressSpace {
    func region(_ use: AddressRegion.Use, _ start: UInt64, _ end: UInt64) -> AddressRegion {
      AddressRegion(use, VirtualAddress(start)..<VirtualAddress(end))
    }
    return AddressSpace([
      region(.directMap, 0xffff_8880_0000_0000, 0xffff_c880_0000_0000),
      region(.vmalloc, 0xffff_c900_0000_0000, 0xffff_e900_0000_0000),
      region(.pageStructs, 0xffff_ea00_0000_0000, 0xffff_eb00_0000_0000),
      region(.kernelImage, 0xffff_ffff_8000_0000, 0xffff_ffff_c000_0000),
      region(.modules, 0xffff_ffff_c000_0000, 0xffff_ffff_ff00_0000),
      region(.user, 0x1000, 0x8000_0000_0000),
    ])
  }
}

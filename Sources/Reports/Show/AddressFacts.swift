internal import Analysis
internal import DebugInfo
internal import Evidence
internal import Memory

/// What is known of one address.
struct AddressFacts: Sendable {
  /// The object that an address lies in.
  struct Object: Sendable {
    let reference: ObjectReference
    let address: VirtualAddress
    let cache: SlabCache
    let state: ObjectState
    /// The fault that hides its state.
    let fault: Fault?
    /// The group it is in, where its cache was grouped and it could be read.
    let group: GroupSummary?
    /// Who allocated it and who freed what was there before, where the kernel recorded that.
    let record: AllocationRecord?
    /// The control group that it is charged to, where that is known.
    let charged: ControlGroup?

    /// Whether nobody has it any more.
    var isFree: Bool { if case .free = state { true } else { false } }
  }

  let address: VirtualAddress
  let object: Object?
  /// The slab whose pages hold the address, be it in an object or beside one.
  let slab: Slab?
  /// The cache of that slab.
  let slabCache: SlabCache?
  let symbol: SymbolReference?
  let source: SourceLine?
  let use: AddressRegion.Use?
  let memory: MemoryWords
  /// Who refers to the object, where that was looked for.
  let referrers: Referrers?

  /// Looks an address up everywhere; `groups` are those of the cache that holds it, if any does.
  init(
    _ address: VirtualAddress, in subject: Subject, groups: CacheGroups?, references: References?
  ) {
    let census = subject.census
    self.address = address
    referrers = references.map { Referrers($0, in: subject) }
    slab = census.slab(containing: address).map { census.slabs[$0] }
    slabCache = slab.map { census.caches[Int($0.cache)] }
    object = census.object(containing: address).map {
      Self.object($0, in: subject, groups: groups)
    }
    // On x86_64 per-CPU variables are linked at zero: their symbols are offsets, not addresses.
    symbol = address.rawValue >> 63 == 1 ? subject.symbols.reference(to: address) : nil
    source = symbol?.symbol.kind == .function ? subject.types?.sourceLine(of: address) : nil
    use = subject.addressSpace.use(of: address)
    var names = MemberNames(subject)
    let structure = object?.group.flatMap {
      names.structure(of: $0.group.type, template: $0.group.template)
    }
    if let object {
      memory = MemoryWords(
        from: object.address, bytes: object.cache.objectSize, structure: structure, in: subject)
    } else if symbol?.symbol.kind == .function {
      memory = MemoryWords(at: address)
    } else {
      memory = MemoryWords(
        from: VirtualAddress(address.rawValue & ~7), bytes: Self.bytesShown, structure: nil,
        in: subject)
    }
  }

  /// Whether it is null, or a member of a structure that is not there.
  var isNull: Bool { address.rawValue < 4096 }

  /// Whether it may be of a module that was removed: nothing is there, where modules are loaded.
  var isOfRemovedModule: Bool {
    use == .modules && symbol == nil && memory.absence == .unmapped
  }

  /// How much memory is shown where no object says how much belongs together.
  private static let bytesShown = 64

  private static func object(
    _ reference: ObjectReference, in subject: Subject, groups: CacheGroups?
  ) -> Object {
    let census = subject.census
    let slot = census.slot(of: reference)
    let state = census.state(of: slot)
    var fault: Fault?
    if case .indeterminate(let number) = state, census.faults.indices.contains(number) {
      fault = census.faults[number]
    }
    let summary = UInt32(exactly: slot).flatMap { slot in
      groups.flatMap { groups in
        groups.groups.first { $0.slots.contains(slot) }
          .map { GroupSummary($0, of: groups, in: subject) }
      }
    }
    return Object(
      reference: reference, address: census.address(of: reference),
      cache: census.caches[Int(census.slabs[reference.slab].cache)], state: state, fault: fault,
      group: summary,
      record: subject.allocations?.record(of: slot),
      charged: UInt32(exactly: slot).flatMap { charged($0, in: subject) })
  }

  private static func charged(_ slot: UInt32, in subject: Subject) -> ControlGroup? {
    guard let charges = subject.charges,
      case .group(let index)? = charges.owners(of: [slot]).keys.first,
      charges.groups.indices.contains(index)
    else { return nil }
    return charges.groups[index]
  }
}

import Evidence
import KernelImage
import Memory

/// Tells of single words that refer to objects what they lie in, and which of them do not count.
struct ReferencePlaces: Sendable {
  /// What a word is that refers to a target.
  enum Verdict: Sendable {
    /// It counts.
    case counts(ReferencePlace, VirtualAddress)
    /// It lies in another target, which is in this slot.
    case mutual(ReferencePlace, source: UInt32)
    /// It lies in the target itself.
    case own
    /// It does not count: nobody uses what it lies in, or it is the allocator's.
    case excluded
  }

  private let pages: PageMap
  private let census: Census
  private let targets: TargetSet
  private let records: AllocatorRecords
  private let mapped: MappedFrames
  private let stacks: TaskStacks
  private let perCPU: [Range<VirtualAddress>]

  /// Prepares to judge references to some objects of a kernel.
  init(_ kernel: Kernel, census: Census, targets: TargetSet) {
    pages = kernel.pages
    self.census = census
    self.targets = targets
    records = AllocatorRecords(kernel, census: census)
    mapped = MappedFrames(kernel)
    stacks = TaskStacks(kernel)
    perCPU = kernel.regions.filter { $0.use == .perCPU }.map(\.range)
  }

  /// Judges the word at `offset` of a page frame, which is an address of `target`.
  func verdict(
    at offset: Int, of frame: PageFrame, use: FrameUse, target: ObjectReference
  ) -> Verdict {
    let address = pages.address(of: frame).advanced(by: offset)
    if let slab = census.slab(containing: address) {
      guard let object = census.object(containing: address) else { return .excluded }
      return verdict(in: object, cache: Int(census.slabs[slab].cache), at: address, target: target)
    }
    let mapping = mapped.mapping(of: frame)
    let place = mapping.map { $0.address.advanced(by: offset) } ?? address
    if let isLive = stacks.isLive(place) {
      return isLive ? .counts(.stack, place) : .excluded
    }
    if records.hold(place) || records.hold(address) { return .excluded }
    if perCPU.contains(where: { $0.contains(place) || $0.contains(address) }) {
      return .counts(.perCPU, place)
    }
    switch mapping?.use {
    // A variable may stand behind one with a cache's address as s_mem stands behind slab_cache.
    case .kernelImage: return .counts(.kernelImage, place)
    case .modules: return .counts(.modules, place)
    case .pageStructs, nil:
      let cache = Int(census.slabs[target.slab].cache)
      if records.isFirstObject(address, of: cache) { return .excluded }
      if mapping != nil { return .counts(.pageStructs, place) }
      return .counts(use == .reserved ? .reserved : .pages, place)
    case .vmalloc: return .counts(.vmalloc, place)
    default: return .counts(use == .reserved ? .reserved : .pages, place)
    }
  }

  /// Judges a word in an object, or behind it in its slot.
  private func verdict(
    in object: ObjectReference, cache: Int, at address: VirtualAddress, target: ObjectReference
  ) -> Verdict {
    let slot = census.slot(of: object)
    if slot == census.slot(of: target) { return .own }
    let size = census.caches[cache].objectSize
    let owner = Int(census.slabs[target.slab].cache)
    switch census.stateKind(of: slot) {
    case .free, .pending: return .excluded
    case .indeterminate: return .counts(.doubtfulObject(cache: cache), address)
    case .allocated: break
    }
    // What the allocator adds behind an object, its owner does not know of.
    if size > 0, object.offset >= size { return .excluded }
    if records.hold(object.offset, in: census.address(of: object), of: cache) { return .excluded }
    if targets.contains(slot) {
      return .mutual(.object(cache: cache), source: UInt32(truncatingIfNeeded: slot))
    }
    if records.isFreePointer(
      at: object.offset, of: cache, to: owner, targetOffset: target.offset)
    {
      return .counts(.freePointer(cache: cache), address)
    }
    return .counts(.object(cache: cache), address)
  }
}

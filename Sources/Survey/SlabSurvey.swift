import DebugInfo
public import Evidence
public import KernelImage
import Memory

/// The survey of a kernel's slab caches: which slots of which slabs are allocated.
///
/// Layouts come from the debug information once; then every `struct page` is looked at for slabs,
/// and every place where the allocator at hand keeps free objects.
public struct SlabSurvey: Sendable {
  private enum Allocator {
    case slub(SLUBLayout)
    case slab(SLABLayout)
  }

  private let kernel: Kernel
  private let cacheStructure: Structure
  private let cacheLayout: CacheLayout
  private let pageLayout: SlabPageLayout
  private let allocator: Allocator

  /// Functions of mm/slub.c or mm/slab.c, whose units have all the types needed.
  private static let anchors = [
    "kmem_cache_alloc", "kmem_cache_alloc_noprof", "__kmem_cache_shutdown", "___slab_alloc",
  ]

  /// Resolves the layouts; throws when the debug information does not describe a slab allocator.
  public init(_ kernel: Kernel) throws(LayoutFailure) {
    self.kernel = kernel
    let types = kernel.types
    guard let cache = types.structure("kmem_cache", near: Self.anchors) else {
      throw LayoutFailure(missing: "struct kmem_cache")
    }
    cacheStructure = cache
    // SLUB alone links free objects by pointers at an offset in them.
    let isSLUB = cache.member("offset") != nil
    allocator = isSLUB ? .slub(try SLUBLayout(cache)) : .slab(try SLABLayout(cache))
    cacheLayout = try CacheLayout(cache, isSLUB: isSLUB)
    pageLayout = try SlabPageLayout(isSLUB: isSLUB, types: types, anchors: Self.anchors)
  }

  /// Takes the census; what cannot be read or cannot be right is recorded and left in doubt.
  public func census() async -> (census: Census, coverage: Coverage) {
    var caches = CacheList(kernel, layout: cacheLayout, extent: cacheFields.extent)
    let scan = PageScan(kernel, layout: pageLayout)
    let found = await scan.outcome()
    let kfence = KFENCEPool(kernel)
    let callbacks = RCUCallbacks(kernel)
    let book = SlabBook(found.heads, caches: &caches, isSLUB: isSLUB, scan: scan, kfence: kfence)
    var ledger = SlotLedger(book, caches: caches.caches)
    var remarks = caches.remarks + found.remarks + kfence.remarks + book.remarks
    switch allocator {
    case .slub(let layout):
      let states = SLUBStates(kernel, caches: caches.caches, layout: layout, next: pageLayout.next)
      remarks += await states.enter(into: &ledger, callbacks: callbacks)
    case .slab(let layout):
      SLABStates(kernel, caches: caches.caches, layout: layout).enter(into: &ledger)
    }
    if let layout = NodeLayout(cacheStructure) {
      NodeCounters(kernel, layout: layout).check(caches.caches, &ledger)
      if let link = pageLayout.list {
        PartialSlabs(kernel, layout: layout, link: link).check(caches.caches, &ledger)
      }
    }
    remarks += PendingObjects(kernel, callbacks: callbacks).enter(into: &ledger)
    if isSLUB {
      ledger.name(by: CacheAliases(kernel, cache: cacheStructure, anchors: Self.anchors))
    }
    ledger.name(by: await CacheVariables.all(kernel, caches: caches.caches))
    let census = Census(ledger.builder)
    #if DEBUG
      census.checkInvariants()
    #endif
    var coverage = coverage(of: book.slabs, caches: census.caches.count)
    coverage.remarks = remarks
    coverage.unknownFrames = found.unknownFrames - found.excludedFrames
    return (census, coverage)
  }

  private var isSLUB: Bool {
    if case .slub = allocator { true } else { false }
  }

  private var cacheFields: [Field] {
    switch allocator {
    case .slub(let layout): cacheLayout.fields + layout.fields
    case .slab(let layout): cacheLayout.fields + layout.fields
    }
  }

  private func coverage(of slabs: [SurveyedSlab], caches: Int) -> Coverage {
    var coverage = Coverage(absentPages: [Int](repeating: 0, count: caches))
    for slab in slabs {
      coverage.slabPages += Int(slab.pages)
      for page in 0..<UInt64(slab.pages) {
        guard let absence = kernel.physical.absence(of: PageFrame(slab.frame.rawValue + page))
        else { continue }
        coverage.absentPages[Int(slab.cache)] += 1
        coverage.absences[PageCondition(absence), default: 0] += 1
        if page > 0 { coverage.absentTails += 1 }
      }
    }
    return coverage
  }
}

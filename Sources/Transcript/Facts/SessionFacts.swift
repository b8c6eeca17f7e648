public import Evidence

/// What a text says about one kernel, in the text's own terms.
public struct SessionFacts: Sendable {
  /// What crash said about itself and the kernel.
  public var banner = Banner()
  /// The rows of caches; one whose counts changed stands here again.
  public var caches: [CacheRow] = []
  /// The rows of slabs.
  public var slabs: [SlabRow] = []
  /// Whether listings are those of SLUB, as far as they tell.
  var isSLUB: Bool { hasUntrackedSlabs || slabs.contains { $0.site != .listed } }

  /// The objects listed below them.
  public var objects = ListedObjects()
  /// The memory shown.
  public var words = ShownWords()
  /// The memory shown as symbols.
  public var symbolicWords = SymbolicWords()
  /// The symbols shown.
  public var symbols = ShownSymbols()
  /// The structures shown.
  public var structures: [ShownStructure] = []
  /// The modules.
  public var modules: [ModuleRow] = []
  /// The pages of slabs.
  public var pages: [PageRow] = []
  /// The processes and threads.
  public var tasks: [Task] = []
  /// The sockets.
  public var sockets: [SocketQueue] = []
  /// The counters of memory, one snapshot after the other.
  public var memory: [MemoryCounters] = []
  /// The counters of caches, one snapshot after the other.
  public var slabInfo: [SlabInfoTable] = []
  /// What crash complained about.
  public var errors: [ReportedError] = []
  /// Whether a listing says `(not tracked)` of SLUB's full slabs.
  public var hasUntrackedSlabs = false
  /// Whether missing pages were read as zeros (`set zero_excluded on`).
  public var readsAbsentAsZero = false

  /// Nothing known.
  public init() {}

  /// The objects listed below the row of a slab.
  public func objects(ofSlab index: Int) -> Range<Int> {
    let end = index + 1 < slabs.count ? slabs[index + 1].firstObject : objects.count
    return slabs[index].firstObject..<end
  }

  /// Whether nothing at all was understood.
  public var isEmpty: Bool {
    caches.isEmpty && slabs.isEmpty && objects.count == 0 && words.count == 0 && symbols.isEmpty
      && symbolicWords.count == 0 && structures.isEmpty && modules.isEmpty && pages.isEmpty
      && tasks.isEmpty && sockets.isEmpty && memory.isEmpty && slabInfo.isEmpty
      && banner == Banner()
  }
}

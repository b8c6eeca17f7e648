public import Memory

/// Finds out who refers to objects, in whatever of the kernel's memory is at hand.
public protocol ReferenceScan: Sendable {
  /// The words of all kernel memory that lead to or into each kind of targets, in their order.
  ///
  /// Those at the addresses in `words` are left out. An object is of the first kind that has it.
  func references(
    to targets: [ReferenceTargets], besides words: Set<VirtualAddress>
  ) async -> [References]

  /// Which of the objects in some slots of the census can still be got at.
  func reachability(of slots: [UInt32]) async -> Reachability
}

extension ReferenceScan {
  /// The words of all kernel memory that lead to or into the objects in some slots of the census.
  public func references(to slots: [UInt32]) async -> References {
    await references(to: [ReferenceTargets(slots)], besides: []).first
      ?? References(slots: [], counts: [], places: [:], samples: [], coverage: ScanCoverage())
  }
}

/// Objects of one kind that references are looked for.
public struct ReferenceTargets: Hashable, Sendable {
  /// The slots of the objects.
  public var slots: [UInt32]
  /// What words may lead to without counting, in bytes from the start of each object.
  public var links: [Range<Int>]
  /// What words in a `struct page` may lead to without counting.
  public var pageLinks: [Range<Int>]
  /// The indices of caches whose objects list the targets, and hold none.
  public var tables: Set<Int>

  /// Describes objects; every word that leads to one counts unless links are given.
  public init(
    _ slots: [UInt32], links: [Range<Int>] = [], pageLinks: [Range<Int>] = [],
    tables: Set<Int> = []
  ) {
    self.tables = tables
    self.slots = slots
    self.links = links
    self.pageLinks = pageLinks
  }
}

/// The references to some objects, the targets, that a scan of all kernel memory found.
///
/// A word refers to an object when it is an address in it, whatever its type.
public struct References: Sendable {
  /// How many words refer to a target.
  public struct Counts: Hashable, Sendable {
    /// In allocated objects that are no targets.
    public var objects: UInt32 = 0
    /// In variables and other memory that is in use for good.
    public var variables: UInt32 = 0
    /// In places that nobody clears, such as stacks: what is there may be long over.
    public var stale: UInt32 = 0
    /// In other targets.
    public var mutual: UInt32 = 0

    /// Starts with none.
    public init() {}

    /// All of them.
    public var total: Int { Int(objects) + Int(variables) + Int(stale) + Int(mutual) }
  }

  /// The slots of the targets, ascending.
  public let slots: [UInt32]
  /// For each target, how many words refer to it; none counts that is in the target itself.
  public let counts: [Counts]
  /// How many of all these words are in each place.
  public let places: [ReferencePlace: Int]
  /// The first of these words by page frame, those in other targets left out.
  public let samples: [Reference]
  /// How much of the kernel's memory was looked at.
  public let coverage: ScanCoverage

  /// Describes what a scan found; `slots` and `counts` belong together.
  public init(
    slots: [UInt32], counts: [Counts], places: [ReferencePlace: Int], samples: [Reference],
    coverage: ScanCoverage
  ) {
    self.slots = slots
    self.counts = counts
    self.places = places
    self.samples = samples
    self.coverage = coverage
  }
}

/// A word that refers to an object.
public struct Reference: Hashable, Sendable {
  /// Where the word is.
  public let address: VirtualAddress
  /// What it lies in.
  public let place: ReferencePlace
  /// The slot of the object that it refers to.
  public let slot: UInt32
  /// How many bytes into the object it leads.
  public let offset: Int

  /// Describes a reference.
  public init(address: VirtualAddress, place: ReferencePlace, slot: UInt32, offset: Int) {
    self.address = address
    self.place = place
    self.slot = slot
    self.offset = offset
  }
}

/// What a word that refers to an object lies in.
public enum ReferencePlace: Hashable, Sendable {
  /// An allocated object of the cache with this index.
  case object(cache: Int)
  /// An object of the cache with this index of which it is not known whether it is allocated.
  case doubtfulObject(cache: Int)
  /// Where an object of the cache with this index had its free pointer before it was allocated.
  case freePointer(cache: Int)
  /// The kernel's own data.
  case kernelImage
  /// The modules' data.
  case modules
  /// Per-CPU variables.
  case perCPU
  /// The array of `struct page`.
  case pageStructs
  /// Memory that was taken before the page allocator was there, such as the large hash tables.
  case reserved
  /// `vmalloc` memory other than the stacks of tasks.
  case vmalloc
  /// The part of a task's stack that is in use.
  case stack
  /// Pages straight from the page allocator.
  case pages

  /// Whether what is there is surely in use; nobody clears a stack or a new page.
  public var isFirm: Bool {
    switch self {
    case .object, .kernelImage, .modules, .perCPU, .pageStructs, .reserved: true
    case .doubtfulObject, .freePointer, .vmalloc, .stack, .pages: false
    }
  }

  /// The index of the cache whose object it is, if it is one.
  public var cache: Int? {
    switch self {
    case .object(let cache), .doubtfulObject(let cache), .freePointer(let cache): cache
    default: nil
    }
  }
}

/// How much of a kernel's memory a scan looked at.
public struct ScanCoverage: Hashable, Sendable {
  /// The pages that were looked at.
  public var scannedPages: Int
  /// Pages that hold no references: free ones, those of user space and of the page cache.
  public var otherPages: Int
  /// Pages that may hold references but cannot be read, or whose `struct page` cannot.
  public var missingPages: Int
  /// Words that are addresses of targets but do not count: what free objects hold, what is below the
  /// top of a stack, and the slab allocator's own records.
  public var excludedWords: Int

  /// Describes what was looked at.
  public init(
    scannedPages: Int = 0, otherPages: Int = 0, missingPages: Int = 0, excludedWords: Int = 0
  ) {
    self.scannedPages = scannedPages
    self.otherPages = otherPages
    self.missingPages = missingPages
    self.excludedWords = excludedWords
  }

  /// Whether every page that may hold references was looked at.
  public var isComplete: Bool { missingPages == 0 && scannedPages > 0 }

  /// Adds what another part of a scan looked at.
  public mutating func add(_ other: ScanCoverage) {
    scannedPages += other.scannedPages
    otherPages += other.otherPages
    missingPages += other.missingPages
    excludedWords += other.excludedWords
  }
}

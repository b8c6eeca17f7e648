public import Memory

/// A small kernel with slab caches, declared slot by slot, with the truth about each.
///
///     var kernel = SlabKernel(.slub6_1)
///     let filp = kernel.addCache("filp", objectSize: 256)
///     let slab = kernel.addSlab(of: filp, free: [3, 5])
///     kernel.give([7, 9], of: slab, to: .cpuSlab(0))
///     kernel.damage(slab, .freePointer(behind: 0, .wild))
///     let image = kernel.kernel()
public struct SlabKernel: Sendable {
  /// How free pointers are stored.
  public enum Hardening: Hashable, Sendable, CaseIterable {
    /// As they are.
    case none
    /// Combined with a number of the cache and their address.
    case xor
    /// The same, the bytes of the address reversed.
    case xorSwapped
  }

  /// A place outside of a slab's own freelist that holds free objects.
  public enum Place: Hashable, Sendable {
    /// SLUB: the freelist of the CPU that allocates from the objects' slab.
    case cpuSlab(Int)
    /// SLUB: the main or spare sheaf of a CPU.
    case mainSheaf(Int), spareSheaf(Int)
    /// SLUB: the sheaf of a CPU that waits for a grace period.
    case rcuSheaf(Int)
    /// SLUB: the number of a full sheaf in the barn of a node.
    case barn(node: Int, Int)
    /// SLAB: the array of a CPU.
    case cpuArray(Int)
    /// SLAB: the shared array of a node.
    case sharedArray(node: Int)
    /// SLAB: the array of a node for objects of another.
    case alienArray(node: Int, of: Int)
    /// The blocks of a CPU's batch of objects given to `kfree_rcu`: the batch, or the work that
    /// waits for a grace period.
    case kfreeRCUBlock(Int, isWaiting: Bool)
    /// The list of such objects that found no block.
    case kfreeRCUList(Int, isWaiting: Bool)
    /// SLUB: a full sheaf of such objects that a CPU gave to RCU.
    case flyingSheaf(Int)
    /// The callbacks of a CPU that free the object they are in.
    case callback(Int)
    /// The callbacks of a CPU that `kfree_rcu` gave for each of its objects.
    case kfreeRCUCallback(Int)
    /// The objects that callbacks of a CPU name which lie elsewhere: CONFIG_SLUB_RCU_DEBUG.
    case delayedFree(Int)
    /// The objects of a CPU that were freed where no lock may be taken.
    case deferredFree(Int)
    /// KASAN's quarantine of a CPU.
    case quarantine(Int)

    /// Whether the objects there are freed, but count as allocated.
    public var isPending: Bool {
      switch self {
      case .cpuSlab, .mainSheaf, .spareSheaf, .barn, .cpuArray, .sharedArray, .alienArray: false
      case .rcuSheaf, .kfreeRCUBlock, .kfreeRCUList, .flyingSheaf, .callback,
        .kfreeRCUCallback, .delayedFree, .deferredFree, .quarantine:
        true
      }
    }
  }

  /// What became of an object in KFENCE's pool.
  public enum GuardState: Int, Hashable, Sendable, CaseIterable {
    /// In use.
    case allocated = 1
    /// Freed, but a grace period has to end first.
    case waitingForRCU = 2
    /// Freed.
    case freed = 3
  }

  /// What is known of a slot, by the dump as it was damaged.
  public enum Truth: Hashable, Sendable {
    /// In use.
    case allocated
    /// On the freelist of its slab.
    case freeInSlab
    /// In another place for free objects.
    case free(Place)
    /// In a place for objects that wait to be freed.
    case pending(Place)
    /// In KFENCE's pool.
    case guarded(GuardState)
    /// Not to be told.
    case unknown
  }

  /// What is wrong with a slab in the dump.
  public enum Damage: Hashable, Sendable {
    /// The pointer behind a position of the slab's freelist leads elsewhere.
    ///
    /// Position -1 stands for the slab's pointer to the first. SLAB has indices for pointers.
    case freePointer(behind: Int, Target)
    /// The same on the freelist of the slab's CPU.
    case cpuFreePointer(behind: Int, Target)
    /// The slab's count of objects, which no slab of any order can have.
    case objects(Int)
    /// The slab's count of objects in use.
    case inUse(Int)
    /// A page of it is not in the dump.
    case lostPage(Int)
  }

  /// What is wrong with a sheaf in the dump.
  public enum SheafDamage: Hashable, Sendable, CaseIterable {
    /// What points to it leads to no memory.
    case wildPointer
    /// It counts more objects than it has room for.
    case size
    /// It says that it is another cache's.
    case owner
    /// Its first pointer leads to no object.
    case firstPointer
  }

  /// What a damaged free pointer leads to.
  public enum Target: Hashable, Sendable, CaseIterable {
    /// Memory that is no slab.
    case wild
    /// The middle of an object of the same slab.
    case misaligned
    /// An object of another slab, or what would be one.
    case otherSlab
    /// An object that the list has passed.
    case passed
    /// The end of the list, too early.
    case end
  }

  /// A cache.
  struct Cache {
    var name: String
    var objectSize: Int
    var slotSize: Int
    var order: Int
    var lead: Int
    var freePointer: Int
    var random: UInt64
    var capacity: Int
    var isOffSlab: Bool
    var isListed = true
    /// The cache that this is the part for one memory cgroup of.
    var root: Int?
    /// The group that it is the part for, in kernels before v5.9.
    var group: Int?
    /// Where in each slot the pointer to a group is, if not in an array.
    var chargePlace: Int?
    /// Whether SLUB records who allocated and freed its objects.
    var hasTracks = false
  }

  /// A slab.
  struct Slab {
    var cache: Int
    var frame: UInt64
    var order: Int
    var slots: Int
    /// The slots on its own freelist, in the order of the list.
    var free: [Int]
    /// The CPU that owns it, and that CPU's freelist.
    var cpu: Int?
    var cpuFree: [Int] = []
    /// The CPU that took it to allocate from later, with the slab's own freelist.
    var taker: Int?
    /// SLAB: how many bytes before the first object are left out.
    var colour = 0
    /// What is wrong with it in the dump.
    var damage: Damage?
  }

  /// The era.
  public let era: SlabEra
  /// The architecture, which decides about tags in pointers.
  public let machine: Machine
  /// How free pointers are stored.
  public let hardening: Hardening
  /// The number of CPUs.
  public let cpus: Int
  /// The number of NUMA nodes, at most 4.
  public let nodes: Int
  /// How many page frames the machine has.
  public let frameCount: UInt64
  /// How many enabled SLUB's debugging, in kernels that count them: since v5.9.
  ///
  /// Where it is 0, the red zones before objects that caches speak of are not there.
  public var debugUsers: Int32?
  /// The tag that KASAN would give pointers, on arm64.
  public var tag: UInt8?
  var caches: [Cache] = []
  var slabs: [Slab] = []
  /// The objects given to each place: slab and slot.
  var places: [(cache: Int, place: Place, objects: [(slab: Int, slot: Int)])] = []
  /// What is wrong with the sheaf of a place.
  var sheafDamage: [(cache: Int, place: Place, damage: SheafDamage)] = []
  /// The other names of caches.
  var aliases: [(name: String, cache: Int)] = []
  /// The objects in KFENCE's pool, and whether each lies at the end of its page.
  var guarded: [(cache: Int, isAtEnd: Bool, state: GuardState)] = []
  /// Where KFENCE's pool begins.
  var poolFrame: UInt64?
  /// Variables that hold addresses of caches.
  var holders: [(name: String, cache: Int, word: Int, words: Int)] = []
  /// Objects with an RCU callback in them that keeps them: slab and slot.
  var keptCallbacks: [(slab: Int, slot: Int)] = []
  /// Objects whose allocation KASAN's ring of stacks has: slab and slot.
  var ringEntries: [(slab: Int, slot: Int)] = []
  /// Damage to the link behind this cache of the list: to the cache with that number, or to nowhere.
  var listDamage: (behind: Int, to: Int?)?
  /// Page frames whose `struct page` is not in the dump.
  var lostStructPages: Set<UInt64> = []
  /// Page frames that are not in the dump.
  var lostFrames: Set<UInt64> = []
  /// What page frames are used for, as their `struct page` says.
  var pageUses: [UInt64: PageUse] = [:]
  /// Records of memory that is in no slab.
  var records = Records()
  /// Words written over what is there.
  var words: [(word: UInt64, address: VirtualAddress)] = []
  /// Who allocated and freed objects.
  var tracks: [TrackedObject] = []
  /// The lines of code that allocated objects.
  var codeTags: [TaggedObject] = []
  /// The control groups, the root first; empty in a kernel without any.
  var groups: [Group] = []
  /// Objects and the groups that they are charged to.
  var charges: [Charge] = []
  /// Pages and the groups that they are charged to.
  var pageCharges: [UInt64: Int] = [:]
  /// Slabs that were given back and wait for a grace period: their nodes do not count them.
  var discarded: Set<Int> = []
  private var nextFrame: UInt64

  /// A machine without caches.
  public init(
    _ era: SlabEra, machine: Machine = .x86_64, hardening: Hardening = .none, cpus: Int = 2,
    nodes: Int = 1, frameCount: UInt64 = 1024
  ) {
    self.era = era
    self.machine = machine
    self.hardening = era.isSLUB ? hardening : .none
    self.cpus = cpus
    self.nodes = min(nodes, 4)
    self.frameCount = frameCount
    nextFrame = Self.firstSlabFrame
  }

  /// The page frames before this one hold the kernel's own data.
  static let firstSlabFrame: UInt64 = 256

  /// Adds a cache and returns its number.
  ///
  /// `slotSize` is the distance between objects and `lead` what lies before each, in bytes;
  /// `freePointer` is where SLUB has the free pointer, which may be behind the object; `capacity`
  /// is that of sheaves and arrays; `isOffSlab` puts SLAB's freelists outside of the slabs.
  @discardableResult public mutating func addCache(
    _ name: String, objectSize: Int, slotSize: Int? = nil, order: Int = 0, lead: Int = 0,
    freePointer: Int = 0, random: UInt64 = 0x3f27_9bd1_6ac4_85e0, capacity: Int = 12,
    isOffSlab: Bool = false
  ) -> Int {
    caches.append(
      Cache(
        name: name, objectSize: objectSize, slotSize: slotSize ?? (objectSize + 7) / 8 * 8,
        order: order, lead: lead, freePointer: freePointer, random: random,
        capacity: capacity, isOffSlab: isOffSlab))
    return caches.count - 1
  }

  /// The objects of a slab of a cache, of its usual order unless another is given.
  public func slots(of cache: Int, order: Int? = nil) -> Int {
    let room = 4096 << (order ?? caches[cache].order)
    // SLAB keeps 384 bytes for the freelist and the colour, and counts objects in a byte here.
    return era.isSLUB
      ? room / caches[cache].slotSize : min((room - 384) / caches[cache].slotSize, 255)
  }

  /// Whether the machine has room for another slab of this order.
  public func hasRoom(forOrder order: Int) -> Bool { nextFrame(order) + (1 << order) <= frameCount }

  /// Blocks of the page allocator are aligned to their own size.
  private func nextFrame(_ order: Int) -> UInt64 {
    let pages = UInt64(1) << UInt64(order)
    return (nextFrame + pages - 1) / pages * pages
  }

  /// Adds a slab whose freelist holds these slots in this order, and returns its number.
  ///
  /// All other slots are in use. `colour` is what SLAB leaves out before the first object, at most
  /// 128 bytes. The machine must have room for it.
  @discardableResult public mutating func addSlab(
    of cache: Int, free: [Int] = [], order: Int? = nil, colour: Int = 0
  ) -> Int {
    let order = order ?? caches[cache].order
    precondition(hasRoom(forOrder: order), "the machine has no room for the slab")
    let frame = nextFrame(order)
    nextFrame = frame + (1 << order)
    slabs.append(
      Slab(
        cache: cache, frame: frame, order: order, slots: slots(of: cache, order: order),
        free: free, colour: colour))
    return slabs.count - 1
  }

  /// Moves slots of a slab that are in use to a place for free objects.
  public mutating func give(_ slots: [Int], of slab: Int, to place: Place) {
    if case .cpuSlab(let cpu) = place {
      slabs[slab].cpu = cpu
      slabs[slab].cpuFree = slots
      return
    }
    let cache = slabs[slab].cache
    let objects = slots.map { (slab: slab, slot: $0) }
    if let known = places.firstIndex(where: { $0.cache == cache && $0.place == place }) {
      places[known].objects += objects
    } else {
      places.append((cache, place, objects))
    }
  }

  /// Makes a cache that of a memory cgroup for objects of another cache, in kernels before v5.9.
  public mutating func setRoot(of cache: Int, to root: Int) { caches[cache].root = root }

  /// Gives a cache another name, as when a second cache is merged into it.
  public mutating func alias(_ name: String, of cache: Int) { aliases.append((name, cache)) }

  /// Defines a variable of so many words, one of which holds the address of a cache.
  public mutating func holdCache(
    _ cache: Int, in variable: String, word: Int = 0, words: Int = 1
  ) {
    holders.append((variable, cache, word, words))
  }

  /// Places an object of a cache in KFENCE's pool, at the start of its page or at the end.
  public mutating func guardObject(of cache: Int, isAtEnd: Bool, _ state: GuardState) {
    if poolFrame == nil {
      poolFrame = nextFrame(1)
      nextFrame = nextFrame(1) + UInt64(Self.poolSize + 1) * 2
    }
    guard guarded.count < Self.poolSize else { return }
    guarded.append((cache, isAtEnd, state))
  }

  /// How many objects KFENCE's pool has room for.
  static let poolSize = 6

  /// Puts an RCU callback into an object in use that does not free it.
  public mutating func addKeptCallback(_ slot: Int, of slab: Int) {
    keptCallbacks.append((slab, slot))
  }

  /// How many objects a place still has room for.
  public func room(in place: Place, of cache: Int) -> Int {
    let used = places.first { $0.cache == cache && $0.place == place }?.objects.count ?? 0
    return caches[cache].capacity - used
  }
}

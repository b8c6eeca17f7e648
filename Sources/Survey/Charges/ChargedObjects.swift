import ByteKit
import DebugInfo
public import Evidence
public import KernelImage
import Memory

/// Which control groups slab objects are charged to, as their slabs record it.
public struct ChargedObjects: ChargeRecords {
  /// The groups; the root first, each behind the one that it lies in.
  public let groups: [ControlGroup]
  /// How many groups were removed and live on, by the kernel's own count, if known.
  public let dyingGroups: Int?
  private let kernel: Kernel
  private let census: Census
  private let tree: ControlGroupTree
  private let source: Source

  /// How a kernel records whom objects are charged to.
  private enum Source: Sendable {
    /// Each slab has an array of pointers to `struct obj_cgroup`; that has a pointer to the group.
    case arrays(ObjectExtensions, pointer: Field, group: Field)
    /// A cache has the objects of one group: Linux 10befea91b61 ("mm: memcg/slab: use a single set
    /// of kmem_caches for all allocations"), v5.9, ended that.
    case caches([ChargeOwner])
  }

  /// What is charged for an object beside its slot, in bytes: where there are arrays, a pointer.
  private var overhead: Int {
    if case .arrays = source { 8 } else { 0 }
  }

  /// The slabs that one task looks at.
  private static let slabsPerTask = 2048
  /// No slab is larger, in bytes, and no array.
  private static let mostBytes = 1 << 25
  /// Set in the word that leads to an array of pointers to groups.
  private static let isArray: UInt64 = 1

  /// Finds out how objects are charged; nil in a kernel that does not charge them to groups.
  public init?(_ kernel: Kernel, census: Census) {
    guard var tree = ControlGroupTree(kernel), !tree.groups.isEmpty,
      let source = Self.source(kernel, census: census, tree: tree)
    else { return nil }
    if tree.groups.contains(where: \.isDying) {
      var record: Field?
      if case .arrays(_, _, let group) = source { record = group }
      tree.add(
        ChargedPages(kernel, tree: tree, recordGroup: record).pages(),
        GroupHolders(kernel, census: census, tree: tree))
    }
    (self.kernel, self.census, self.tree, self.source) = (kernel, census, tree, source)
    (groups, dyingGroups) = (tree.groups, tree.dyingGroups)
  }

  private static func source(
    _ kernel: Kernel, census: Census, tree: ControlGroupTree
  ) -> Source? {
    if let extensions = ObjectExtensions(kernel),
      let pointer = extensions.element.map({ $0.field("objcg") })
        ?? Field(offset: 0, size: 8),
      let record = kernel.types.structure("obj_cgroup", near: ControlGroupLayout.anchors),
      let group = record.field("memcg")
    {
      return .arrays(extensions, pointer: pointer, group: group)
    }
    guard
      let cache = kernel.types.structure("kmem_cache", near: ObjectExtensions.anchors),
      let group = cache.field("memcg_params.memcg")
    else { return nil }
    return .caches(
      census.caches.map { cache in
        guard cache.root != nil else { return .nobody }
        let place = kernel.pointer(group, at: cache.address)
        return place.flatMap { tree.indices[$0] }.map { .group($0) } ?? .unknown
      })
  }

  /// How many of the objects in some slots are charged to whom.
  public func owners(of slots: [UInt32]) -> [ChargeOwner: Int] {
    var counts: [ChargeOwner: Int] = [:]
    var reader = Reader(self)
    var slab = 0
    for slot in slots {
      let slot = Int(slot)
      if !census.slabs.indices.contains(slab) || !census.slabs[slab].holds(slot) {
        guard let object = census.object(inSlot: slot) else { continue }
        slab = object.slab
      }
      reader.read(slab)
      counts[reader.owner(of: slot - census.slabs[slab].firstSlot).owner, default: 0] += 1
    }
    return counts
  }

  /// Who all objects that are in use are charged to.
  public func usage() async -> SlabUsage {
    let parts = stride(from: 0, to: census.slabs.count, by: Self.slabsPerTask).map {
      $0..<min($0 + Self.slabsPerTask, census.slabs.count)
    }
    var counts: [Key: Int] = [:]
    for part in await concurrently(parts, { count($0) }) { counts.merge(part, uniquingKeysWith: +) }
    var entries: [Key: (objects: Int, inherited: Int)] = [:]
    for (key, count) in counts {
      let own = Key(charge: Charge(owner: key.charge.owner, isInherited: false), cache: key.cache)
      entries[own, default: (0, 0)].objects += count
      if key.charge.isInherited { entries[own, default: (0, 0)].inherited += count }
    }
    return SlabUsage(
      entries: entries.map {
        .init(
          owner: $0.charge.owner, cache: $0.cache, objects: $1.objects, inherited: $1.inherited)
      }, overhead: overhead)
  }

  private struct Key: Hashable {
    let charge: Charge
    let cache: Int
  }

  /// Whom an object is charged to, and whether by a group that was removed since.
  private struct Charge: Hashable {
    let owner: ChargeOwner
    let isInherited: Bool
  }

  private func count(_ slabs: Range<Int>) -> [Key: Int] {
    var counts: [Key: Int] = [:]
    var reader = Reader(self)
    for number in slabs {
      let slab = census.slabs[number]
      reader.read(number)
      var last = Charge(owner: .nobody, isInherited: false)
      var run = 0
      for index in 0..<Int(slab.slots) {
        switch census.stateKind(of: slab.firstSlot + index) {
        case .allocated, .pending: break
        case .free, .indeterminate: continue
        }
        let charge = reader.owner(of: index)
        if charge != last, run > 0 {
          counts[Key(charge: last, cache: Int(slab.cache)), default: 0] += run
          run = 0
        }
        (last, run) = (charge, run + 1)
      }
      if run > 0 { counts[Key(charge: last, cache: Int(slab.cache)), default: 0] += run }
    }
    return counts
  }

  /// Looks up whom the objects of one slab after the other are charged to.
  private struct Reader {
    private let records: ChargedObjects
    private var slab = -1
    /// The elements of the slab's array.
    private var bytes: Bytes?
    private var step = 0
    /// What holds for all objects of the slab, if something does.
    private var whole: Charge?
    private var known: [UInt64: Charge] = [:]

    init(_ records: ChargedObjects) { self.records = records }

    /// Turns to a slab.
    mutating func read(_ number: Int) {
      guard number != slab else { return }
      (slab, bytes, whole) = (number, nil, nil)
      let slab = records.census.slabs[number]
      switch records.source {
      case .caches(let owners):
        let cache = Int(slab.cache)
        whole = Charge(
          owner: owners.indices.contains(cache) ? owners[cache] : .unknown, isInherited: false)
      case .arrays(let extensions, let pointer, _):
        guard let array = extensions.array(of: slab) else { return }
        guard let start = array.start else {
          whole = Charge(owner: .nobody, isInherited: false)
          return
        }
        let (length, overflow) = max(Int(slab.slots) - 1, 0)
          .multipliedReportingOverflow(by: array.stride)
        guard array.word & isArray != 0, !overflow, length <= mostBytes else { return }
        step = array.stride
        bytes = try? records.kernel.memory.bytes(
          at: start, count: length + pointer.end)
      }
    }

    /// Whom an object of that slab is charged to.
    mutating func owner(of index: Int) -> Charge {
      if let whole { return whole }
      guard case .arrays(_, let pointer, let group) = records.source,
        let word = bytes?.span.load(pointer, at: index &* step)
      else { return Charge(owner: .unknown, isInherited: false) }
      if word == 0 { return Charge(owner: .nobody, isInherited: false) }
      if let charge = known[word] { return charge }
      let place = records.kernel.machine.untagged(VirtualAddress(word))
      let found = records.kernel.pointer(group, at: place)
        .flatMap { records.tree.indices[$0] }
      let charge = Charge(
        owner: found.map { .group($0) } ?? .unknown,
        isInherited: found != nil && !records.tree.ownRecords.contains(place))
      known[word] = charge
      return charge
    }
  }
}

extension Slab {
  /// Whether a slot of the census is one of this slab's.
  fileprivate func holds(_ slot: Int) -> Bool {
    slot >= firstSlot && slot - firstSlot < Int(slots)
  }
}

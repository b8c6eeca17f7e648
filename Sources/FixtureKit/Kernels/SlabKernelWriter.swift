import DebugInfo
import Memory

/// Writes a declared kernel into the memory of a machine, by the layouts of its own debug
/// information.
struct SlabKernelWriter {
  /// The machine's memory.
  var image = PhysicalImage()
  /// The names of the kernel's objects.
  private(set) var symbols = SymbolTableBuilder()
  let kernel: SlabKernel
  /// Where each cache's `struct kmem_cache` lies.
  private(set) var cacheAddresses: [PhysicalAddress] = []
  private let types: FixtureTypes
  private var nextData = PhysicalAddress(0x20000)
  private var nextPerCPU: UInt64 = 0x100

  /// Where the CPUs' areas begin, and how large each is.
  private static let perCPUStart: UInt64 = 0x80000
  private static let perCPUSize: UInt64 = 0x4000

  /// Writes a kernel.
  init(_ kernel: SlabKernel, types: FixtureTypes) {
    self.kernel = kernel
    self.types = types
    image.add(PageFrame(0)..<PageFrame(kernel.frameCount))
    let head = allocate(16)
    define("slab_caches", at: head, size: 16)
    let nodes = allocate(4)
    define("nr_node_ids", at: nodes, size: 4)
    image.write(UInt32(kernel.nodes), at: nodes)
    if let users = kernel.debugUsers {
      let key = allocate(16)
      define("slub_debug_enabled", at: key, size: 16)
      image.write(UInt32(bitPattern: users), at: key)
    }
    let caches = kernel.caches.indices.map { _ in
      allocate(types.structure("kmem_cache", near: [])?.size ?? 0)
    }
    cacheAddresses = caches
    linkCaches(caches, head: head)
    for (number, cache) in caches.enumerated() {
      kernel.era.isSLUB ? writeSLUBCache(number, at: cache) : writeSLABCache(number, at: cache)
    }
    for number in kernel.slabs.indices {
      let slab = kernel.slabs[number]
      kernel.era.isSLUB
        ? writeSLUBSlab(number, cache: caches[slab.cache])
        : writeSLABSlab(number, cache: caches[slab.cache])
    }
    writePending()
    writeKFENCE()
    writeStackRing()
    writeAliases()
    writeHolders()
    writeRecords()
    writeGroups()
    writeMemory()
    writePageUses()
  }

  /// What a per-CPU pointer is advanced by for each CPU.
  var perCPUOffsets: [UInt64] {
    (0..<kernel.cpus).map {
      kernel.directMap.rawValue &+ Self.perCPUStart &+ UInt64($0) * Self.perCPUSize
    }
  }

  // MARK: Memory

  /// Takes room for a structure of the kernel's own.
  mutating func allocate(_ size: Int) -> PhysicalAddress {
    let address = nextData
    nextData = address.advanced(by: UInt64(size + 15) / 16 * 16)
    precondition(nextData.rawValue <= Self.perCPUStart, "too many caches for a small kernel")
    return address
  }

  /// Takes room for a per-CPU variable and returns the pointer that stands for it.
  mutating func allocatePerCPU(_ size: Int) -> UInt64 {
    let pointer = nextPerCPU
    nextPerCPU += UInt64(size + 15) / 16 * 16
    precondition(nextPerCPU <= Self.perCPUSize, "too many per-CPU variables for a small kernel")
    return pointer
  }

  /// Where a CPU's copy of a per-CPU variable lies.
  func perCPU(_ pointer: UInt64, cpu: Int) -> PhysicalAddress {
    PhysicalAddress(Self.perCPUStart + UInt64(cpu) * Self.perCPUSize + pointer)
  }

  /// The pointer to memory of the kernel's, with a tag if it has tags; null for nil.
  func pointer(_ address: PhysicalAddress?) -> UInt64 {
    address.map { tagged(kernel.directMap.advanced(by: $0.rawValue)) } ?? 0
  }

  /// A pointer with the tag that all pointers have, if any.
  func tagged(_ address: VirtualAddress) -> UInt64 {
    guard let tag = kernel.tag, kernel.machine == .arm64 else { return address.rawValue }
    return address.rawValue & ~(0xff << 56) | UInt64(tag) << 56
  }

  /// Writes a member of a structure; a member that this kernel does not have is left out.
  mutating func set(
    _ structure: String, at address: PhysicalAddress, _ path: String, _ value: UInt64
  ) {
    guard let structure = types.structure(structure, near: []),
      let member = structure.member(path)
    else { return }
    let place = address.advanced(by: UInt64(member.offset))
    guard let width = member.bitSize else {
      switch structure.table.size(of: member.type) {
      case 1: image.write(UInt8(truncatingIfNeeded: value), at: place)
      case 2: image.write(UInt16(truncatingIfNeeded: value), at: place)
      case 4: image.write(UInt32(truncatingIfNeeded: value), at: place)
      default: image.write(value, at: place)
      }
      return
    }
    let shift = UInt64(member.bitOffset % 8)
    let mask = (UInt64(1) << UInt64(width) - 1) << shift
    let old = (try? image.load(UInt32.self, at: place)) ?? 0
    image.write(UInt32(truncatingIfNeeded: UInt64(old) & ~mask | value << shift & mask), at: place)
  }

  /// Where a member of a structure begins.
  func place(_ structure: String, at address: PhysicalAddress, _ path: String) -> PhysicalAddress {
    address.advanced(by: UInt64(types.structure(structure, near: [])?.offset(path) ?? 0))
  }

  /// The size of a structure in bytes.
  func size(of structure: String) -> Int { types.structure(structure, near: [])?.size ?? 0 }

  /// Links nodes and their head to a circular list.
  mutating func link(_ nodes: [PhysicalAddress], head: PhysicalAddress) {
    let ring = [head] + nodes
    for (number, node) in ring.enumerated() {
      let next = ring[(number + 1) % ring.count]
      image.write(pointer(next), at: node)
      image.write(pointer(node), at: next.advanced(by: 8))
    }
  }

  /// Names an object of the kernel's own.
  mutating func define(_ name: String, at address: PhysicalAddress, size: UInt64) {
    define(name, kernel.directMap.advanced(by: address.rawValue), size: size)
  }

  /// Names an address: of a function, or the one that stands for a per-CPU variable.
  mutating func define(_ name: String, _ address: VirtualAddress, size: UInt64 = 8) {
    symbols.add(Symbol(name: name, address: address, size: size, kind: .object))
  }

  /// Names a function.
  mutating func defineFunction(_ name: String, _ address: VirtualAddress, size: UInt64) {
    symbols.add(Symbol(name: name, address: address, size: size, kind: .function))
  }

  // MARK: Caches and pages

  private mutating func linkCaches(_ caches: [PhysicalAddress], head: PhysicalAddress) {
    let listed = caches.indices.filter { kernel.caches[$0].isListed }
    link(listed.map { place("kmem_cache", at: caches[$0], "list") }, head: head)
    guard let damage = kernel.listDamage else { return }
    let next = damage.to.map { pointer(place("kmem_cache", at: caches[$0], "list")) }
    image.write(
      next ?? 0x5a5a_5a5a_5a5a_5a5a, at: place("kmem_cache", at: caches[damage.behind], "list"))
  }

  /// Writes what all caches have.
  mutating func writeCache(_ number: Int, at address: PhysicalAddress) {
    let cache = kernel.caches[number]
    let name = allocate(cache.name.utf8.count + 1)
    image.write(Array(cache.name.utf8), at: name)
    set("kmem_cache", at: address, "name", pointer(name))
    set("kmem_cache", at: address, "size", UInt64(cache.slotSize))
    set("kmem_cache", at: address, "object_size", UInt64(cache.objectSize))
    set("kmem_cache", at: address, "refcount", 1)
    let root = pointer(cache.root.map { cacheAddresses[$0] })
    set("kmem_cache", at: address, "memcg_params.root_cache", root)
  }

  /// Where the `struct page` of a slab lies.
  func structPage(of slab: Int) -> PhysicalAddress { kernel.structPage(of: slab) }

  /// The structure that has a slab's members.
  var slabStructure: String { kernel.era.hasStructSlab ? "slab" : "page" }

  /// Marks a page as a slab's first and names its cache.
  mutating func writePage(_ number: Int, cache: PhysicalAddress) {
    let page = structPage(of: number)
    let order = kernel.slabs[number].order
    mark(page, order: order, cache: cache)
    for tail in 0..<(1 << order) where tail > 0 {
      // A tail page's `compound_head` has bit 0 set.
      let tailPage = page.advanced(by: UInt64(tail) * 64)
      image.write(pointer(page) | 1, at: tailPage.advanced(by: 8))
    }
  }

  /// Marks the page that a `struct page` describes as the first of a slab.
  mutating func mark(_ page: PhysicalAddress, order: Int, cache: PhysicalAddress) {
    var flags: UInt64 = 0x1000_0000_0000_0000
    switch kernel.era.mark {
    case .flag: flags |= 1 << 9 | (order > 0 ? 1 << 16 : 0)
    case .typeBit: set("page", at: page, "page_type", ~0x0200_0000)
    case .typeByte: set("page", at: page, "page_type", 0xf5 << 24)
    }
    image.write(flags, at: page)
    set(slabStructure, at: page, "slab_cache", pointer(cache))
  }
}

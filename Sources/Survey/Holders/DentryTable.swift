import ByteKit
import Evidence
import KernelImage
import Memory

/// The directory entries that a kernel keeps in memory, each with the holders that were found.
struct DentryTable: Sendable {
  /// One `struct dentry`.
  struct Entry: Sendable {
    let address: VirtualAddress
    let slot: UInt32
    /// How often it is held, by its own count.
    let count: Int
    let parent: VirtualAddress
    /// Its inode, or 0 for a name of which it is known that there is no file.
    let inode: VirtualAddress
    let superblock: VirtualAddress
    /// Whether it can be found by its name.
    let isHashed: Bool
    /// How many references its file system may keep for itself.
    let pins: Int
    /// Whether its directory has its address in a tree of places, which is no holder.
    let isInTree: Bool
    var children: UInt32 = 0
    var files: UInt32 = 0
    var mounts: UInt32 = 0
    var directories: UInt32 = 0

    /// How many holders were found.
    var holderCount: Int { Int(children) + Int(files) + Int(mounts) + Int(directories) }

    /// The holders that were found.
    var holders: Overcount.Holders {
      var holders = Overcount.Holders()
      holders.add("dentry", Int(children))
      holders.add("file", Int(files))
      holders.add("mount", Int(mounts))
      holders.add("fs_struct", Int(directories))
      return holders
    }
  }

  /// A mount: its root, and where it is mounted.
  struct Mount: Sendable {
    let address: VirtualAddress
    let root: VirtualAddress
    let point: VirtualAddress
    let parent: VirtualAddress
  }

  /// The entries by number; nil for slots without one.
  private(set) var entries: [Entry?] = []
  /// The file systems by the addresses of their `struct super_block`.
  private(set) var fileSystems: [VirtualAddress: FileSystem] = [:]
  /// The mounts.
  private(set) var mounts: [Mount] = []
  private let kernel: Kernel
  private let census: Census
  private let layout: DentryLayout
  /// For each slab of dentries, the number of its first slot.
  private var firstOfSlab: [Int: Int] = [:]
  private var unknownSuperblocks: Set<VirtualAddress> = []
  /// Whether directories in memory have trees of the places of their entries: since 6faddda69f62
  /// ("libfs: Add directory operations for stable offsets"), v6.6.
  private let hasTrees: Bool

  /// A count beyond this is none: no kernel has memory for as many holders.
  private static let largestCount = 1 << 30
  /// No place in a directory is as large as a pointer.
  private static let places: Range<UInt64> = 1..<(1 << 47)

  /// Reads all dentries, and what may hold them.
  init(_ kernel: Kernel, census: Census, layout: DentryLayout) {
    self.kernel = kernel
    self.census = census
    self.layout = layout
    hasTrees = kernel.address(of: "simple_offset_add") != nil
    for cache in census.caches(named: "dentry") {
      for slab in census.slabsOfCache[cache] { addSlab(slab) }
    }
    for entry in entries.lazy.compactMap(\.self) where entry.parent != entry.address {
      hold(entry.parent) { $0.children &+= 1 }
    }
    addHolders(layout.files) { $0.files &+= 1 }
    addHolders(layout.directories) { $0.directories &+= 1 }
    addMounts()
  }

  /// The entry at an address, which must be its first byte.
  func entry(at address: VirtualAddress) -> Entry? { number(of: address).flatMap { entries[$0] } }

  private func number(of address: VirtualAddress) -> Int? {
    guard let object = census.object(containing: address), object.offset == 0,
      let first = firstOfSlab[object.slab]
    else { return nil }
    return first + object.index
  }

  private mutating func addSlab(_ number: Int) {
    let slab = census.slabs[number]
    firstOfSlab[number] = entries.count
    for index in 0..<Int(slab.slots) {
      let slot = slab.firstSlot + index
      let isAllocated = census.stateKind(of: slot) == .allocated
      entries.append(isAllocated ? read(slab.object(index), slot: slot) : nil)
    }
  }

  private mutating func read(_ address: VirtualAddress, slot: Int) -> Entry? {
    let fields = [
      layout.count, layout.flags, layout.parent, layout.inode, layout.superblock, layout.hash,
      layout.data,
    ]
    guard let record = try? Record(at: address, extent: fields.extent, in: kernel.memory),
      // A negative count marks a dentry that is about to be freed.
      let count = Int(exactly: record[layout.count]), count <= Self.largestCount
    else { return nil }
    func pointer(_ field: Field) -> VirtualAddress {
      kernel.machine.untagged(VirtualAddress(record[field]))
    }
    let superblock = pointer(layout.superblock)
    guard let fileSystem = fileSystem(at: superblock) else { return nil }
    let isHashed = record[layout.hash] != 0
    let isPositive = record[layout.inode] != 0
    let isMarked = layout.persistent.map { record[layout.flags] & $0 != 0 } ?? false
    var pins = isMarked || fileSystem.mayPin && isHashed && isPositive ? 1 : 0
    if address == fileSystem.root { pins += 1 }
    return Entry(
      address: address, slot: UInt32(truncatingIfNeeded: slot), count: count,
      parent: pointer(layout.parent),
      inode: isPositive ? pointer(layout.inode) : VirtualAddress(0), superblock: superblock,
      isHashed: isHashed, pins: pins,
      isInTree: hasTrees && fileSystem.hasPlaces && isHashed
        && Self.places.contains(record[layout.data]))
  }

  private mutating func fileSystem(at address: VirtualAddress) -> FileSystem? {
    if let known = fileSystems[address] { return known }
    guard !unknownSuperblocks.contains(address) else { return nil }
    let found = FileSystem(at: address, layout, in: kernel)
    if found == nil { unknownSuperblocks.insert(address) }
    fileSystems[address] = found
    return found
  }

  // MARK: Holders

  private mutating func hold(_ address: VirtualAddress, _ count: (inout Entry) -> Void) {
    guard let number = number(of: address), var entry = entries[number] else { return }
    count(&entry)
    entries[number] = entry
  }

  private mutating func addHolders(
    _ holder: DentryLayout.Holder?, _ count: (inout Entry) -> Void
  ) {
    guard let holder else { return }
    for address in census.caches(named: holder.cache).flatMap({ census.allocated(inCache: $0) }) {
      for field in holder.pointers {
        if let dentry = kernel.pointer(field, at: address) { hold(dentry, count) }
      }
    }
  }

  private mutating func addMounts() {
    guard let layout = layout.mount else { return }
    for address in census.caches(named: "mnt_cache").flatMap({ census.allocated(inCache: $0) }) {
      guard let root = kernel.pointer(layout.root, at: address), entry(at: root) != nil,
        let parent = kernel.pointer(layout.parent, at: address),
        let point = kernel.pointer(layout.point, at: address)
      else { continue }
      mounts.append(Mount(address: address, root: root, point: point, parent: parent))
      hold(root) { $0.mounts &+= 1 }
      hold(point) { $0.mounts &+= 1 }
    }
  }
}

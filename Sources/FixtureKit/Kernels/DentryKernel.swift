import DebugInfo
public import Evidence
public import KernelImage
public import Memory

/// A small kernel with file systems, directory entries, and what holds them.
///
///     var kernel = DentryKernel(.v6_1)
///     let tmpfs = kernel.addFileSystem("tmpfs")
///     let file = kernel.addEntry("f0", in: tmpfs.root, of: tmpfs)
///     kernel.open(file)
///     kernel.hold(file)  // and forget it
///
/// Counts are kept as the kernel does it.
public struct DentryKernel: Sendable {
  /// A file system.
  public struct FileSystem: Hashable, Sendable {
    /// The address of its `struct super_block`.
    public let superblock: VirtualAddress
    /// Its root.
    public let root: VirtualAddress
    let isPinned: Bool
  }

  /// The slabs, in the order of their caches.
  public enum Run: Int, CaseIterable, Sendable {
    /// Directory entries.
    case dentries
    /// Inodes.
    case inodes
    /// Open files.
    case files
    /// Root and working directories of processes.
    case directories
    /// Mounts.
    case mounts
    /// Tasks.
    case tasks
    /// What the threads of a process share.
    case signals
    /// Anything else.
    case others

    var layout: (name: String, slotSize: Int) {
      switch self {
      case .dentries: ("dentry", 192)
      case .inodes: ("inode_cache", 256)
      case .files: ("filp", 128)
      case .directories: ("fs_cache", 64)
      case .mounts: ("mnt_cache", 128)
      case .tasks: ("task_struct", 96)
      case .signals: ("signal_cache", 64)
      case .others: ("kmalloc-64", 64)
      }
    }
  }

  /// The kernel's memory.
  public var memory: StructureImage
  private let era: DentryEra
  private var symbols = SymbolTableBuilder()
  private let starts: [VirtualAddress]
  private var used = [Int](repeating: 0, count: Run.allCases.count)
  private var counts: [VirtualAddress: UInt64] = [:]

  private static let slots = 1024

  /// A machine without file systems; `hasTrees` when directories in memory have trees of places.
  public init(_ era: DentryEra, hasTrees: Bool = false) {
    self.era = era
    var memory = StructureImage(era.types, frameCount: 1024)
    starts = Run.allCases.map { run in
      memory.allocate(run.layout.slotSize * Self.slots, alignment: 4096)
    }
    if hasTrees {
      symbols.add(
        Symbol(
          name: "simple_offset_add", address: memory.allocate(16), size: 16, kind: .function))
    }
    self.memory = memory
  }

  /// Adds a file system with its root; it holds its entries itself when it `isPinned`.
  public mutating func addFileSystem(
    _ name: String, flags: UInt64 = 0, isPinned: Bool = true
  ) -> FileSystem {
    let superblock = memory.allocate("super_block")
    let type = memory.allocate("file_system_type")
    memory.set("super_block", at: superblock, "s_type", to: type)
    memory.set("file_system_type", at: type, "name", to: text(name))
    memory.set("file_system_type", at: type, "fs_flags", flags)
    let root = take(.dentries)
    memory.set("super_block", at: superblock, "s_root", to: root)
    memory.set("dentry", at: root, "d_parent", to: root)
    memory.set("dentry", at: root, "d_sb", to: superblock)
    memory.set("dentry", at: root, "d_inode", to: take(.inodes))
    hold(root)
    return FileSystem(superblock: superblock, root: root, isPinned: isPinned)
  }

  /// Adds an entry below another, or one without a name or parent that somebody must hold.
  public mutating func addEntry(
    _ name: String, in parent: VirtualAddress?, of fileSystem: FileSystem
  ) -> VirtualAddress {
    let entry = take(.dentries)
    let inode = take(.inodes)
    memory.set("dentry", at: entry, "d_parent", to: parent ?? entry)
    memory.set("dentry", at: entry, "d_sb", to: fileSystem.superblock)
    memory.set("dentry", at: entry, "d_inode", to: inode)
    memory.set("dentry", at: entry, "d_name.name", to: text(name))
    memory.set("inode", at: inode, "i_sb", to: fileSystem.superblock)
    memory.set("inode", at: inode, "i_count", 1)
    // The inode leads to its names by their links.
    memory.write(memory.place("dentry", at: entry, "d_u").rawValue, at: inode)
    guard let parent else { return entry }
    hold(parent)
    // In a hash table of one bucket for each entry.
    let bucket = memory.allocate(16)
    memory.set("dentry", at: entry, "d_hash.pprev", to: bucket)
    memory.write(memory.place("dentry", at: entry, "d_hash").rawValue, at: bucket)
    if fileSystem.isPinned {
      hold(entry)
      if era.hasMarks { memory.set("dentry", at: entry, "d_flags", DentryEra.mark) }
    }
    return entry
  }

  /// Takes a reference to an entry that nothing has.
  public mutating func hold(_ entry: VirtualAddress) {
    counts[entry, default: 0] += 1
    memory.set("dentry", at: entry, "d_lockref.count", counts[entry] ?? 0)
  }

  /// Opens a file.
  public mutating func open(_ entry: VirtualAddress) {
    memory.set("file", at: take(.files), "f_path.dentry", to: entry)
    hold(entry)
  }

  /// Makes an entry the working directory of a process.
  public mutating func enter(_ entry: VirtualAddress) {
    memory.set("fs_struct", at: take(.directories), "pwd.dentry", to: entry)
    hold(entry)
  }

  /// Mounts a file system at an entry, or as the root of all.
  public mutating func mount(
    _ fileSystem: FileSystem, at point: VirtualAddress? = nil, of parent: VirtualAddress? = nil
  ) -> VirtualAddress {
    let mount = take(.mounts)
    memory.set("mount", at: mount, "mnt_parent", to: parent ?? mount)
    memory.set("mount", at: mount, "mnt_mountpoint", to: point ?? fileSystem.root)
    memory.set("mount", at: mount, "mnt.mnt_root", to: fileSystem.root)
    hold(fileSystem.root)
    hold(point ?? fileSystem.root)
    return mount
  }

  /// Writes the address of an entry into an object of another kind; holds it or not.
  public mutating func keep(_ entry: VirtualAddress, isHolder: Bool = true) {
    memory.write(entry.rawValue, at: take(.others).advanced(by: 8))
    if isHolder { hold(entry) }
  }

  /// Gives an entry a place in the tree of its directory, which leads to it and does not hold it.
  public mutating func place(_ entry: VirtualAddress, at number: UInt64) {
    keep(entry, isHolder: false)
    memory.set("dentry", at: entry, "d_fsdata", number)
  }

  /// The kernel, and the census of its slabs; without the page frames in `lost`.
  public func opened(without lost: Set<PageFrame> = []) -> (kernel: Kernel, census: Census) {
    var builder = CensusBuilder(
      caches: Run.allCases.map { run in
        let (name, size) = run.layout
        return SlabCache(
          name: name, address: starts[run.rawValue], objectSize: size, slotSize: size,
          objectsPerSlab: Self.slots)
      })
    for run in Run.allCases {
      let (size, start) = (run.layout.slotSize, starts[run.rawValue])
      let slab = builder.addSlab(
        cache: run.rawValue, firstPage: start, pages: Self.slots * size / 4096, firstObject: start,
        slots: Self.slots, slotSize: size)
      for slot in used[run.rawValue]..<Self.slots {
        builder.set(builder.slabs[slab].firstSlot + slot, to: .free(.slab))
      }
    }
    let kernel = memory.kernel(release: era.description, symbols: symbols, without: lost)
    return (kernel, Census(builder))
  }

  mutating func take(_ run: Run) -> VirtualAddress {
    precondition(used[run.rawValue] < Self.slots, "the slab is full")
    used[run.rawValue] += 1
    return starts[run.rawValue].advanced(by: (used[run.rawValue] - 1) * run.layout.slotSize)
  }

  private mutating func text(_ text: String) -> VirtualAddress {
    let place = memory.allocate(text.utf8.count + 1)
    memory.write(Array(text.utf8), at: place)
    return place
  }
}

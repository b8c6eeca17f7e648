/// What a page frame is used for: exactly one class for each frame of the kernel's memory map.
///
/// The cases stand in their order of precedence: a frame that fits several is of the first. What
/// the page's own state says comes before what some record says of its address, and that before
/// what is left to be guessed from its reference count.
enum FrameClass: UInt8, Sendable, CaseIterable {
  /// The dump knows no memory there, and nothing uses it: a hole, or a device.
  case noMemory
  /// Its `struct page` cannot be read.
  case unknown
  /// The hardware reported that it is broken.
  case hardwarePoisoned
  /// In a block of the page allocator's free lists.
  case free
  /// On a CPU's list of free pages.
  case freeOnCPU
  /// Given back to the hypervisor, or never accepted from it.
  case offline
  /// In KFENCE's pool.
  case kfence
  /// In a slab.
  case slab
  /// An object of `kmalloc` that is too large for a slab, on kernels that mark it.
  case largeObject
  /// In the pool of huge pages.
  case hugePages
  /// A page table that the kernel counts as one.
  case pageTables
  /// zsmalloc's, for compressed swap.
  case zsmalloc
  /// In a page pool of a network driver, or in a packet from there.
  case pagePool
  /// A process's own memory.
  case anonymous
  /// In a file that lies in memory only, or shared by processes.
  case shared
  /// A part of a file.
  case pageCache
  /// It was in a file or process that let go of it, and somebody still holds it.
  case detached
  /// The kernel's own code and data.
  case kernelImage
  /// The array of `struct page`.
  case pageStructs
  /// A kernel stack.
  case kernelStacks
  /// Per-CPU variables.
  case perCPU
  /// The code and data of modules, and code that is made at run time.
  case modules
  /// Mapped by `vmalloc` or `vmap`.
  case vmalloc
  /// A page table that the kernel does not count.
  case kernelPageTables
  /// Kept for the kernel that writes the dump.
  case crashKernel
  /// Taken before there was a page allocator.
  case reserved
  /// The contents of packets that are held in memory.
  case socketBuffers
  /// In a block of known size that nothing else is known of.
  case compound
  /// Held by nobody and on no free list, such as a page on its way there.
  case unheld
  /// Held, and nothing else is known of it.
  case unexplained

  /// What the account calls it.
  var id: String {
    switch self {
    case .noMemory: "no_memory"
    case .unknown: "unknown"
    case .hardwarePoisoned: "hardware_poisoned"
    case .free: "free"
    case .freeOnCPU: "free_on_cpus"
    case .offline: "offline"
    case .kfence: "kfence"
    case .slab: "slab"
    case .largeObject: "large_kmalloc"
    case .hugePages: "huge_pages"
    case .pageTables: "page_tables"
    case .zsmalloc: "zsmalloc"
    case .pagePool: "page_pool"
    case .anonymous: "anonymous"
    case .shared: "shared"
    case .pageCache: "page_cache"
    case .detached: "detached"
    case .kernelImage: "kernel_image"
    case .pageStructs: "page_structs"
    case .kernelStacks: "kernel_stacks"
    case .perCPU: "per_cpu"
    case .modules: "modules"
    case .vmalloc: "vmalloc"
    case .kernelPageTables: "other_page_tables"
    case .crashKernel: "crash_kernel"
    case .reserved: "reserved"
    case .socketBuffers: "socket_buffers"
    case .compound: "compound"
    case .unheld: "unheld"
    case .unexplained: "unexplained"
    }
  }
}

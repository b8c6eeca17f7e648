import DebugInfo
import Evidence
import KernelImage
import Memory

/// Makes an account of memory out of the classes of its page frames.
struct AccountAssembly {
  private let tally: FrameTally
  private let owners: FrameOwners
  private let counters: PageCounters
  private let marksLargeObjects: Bool
  private let pageSize: Int
  /// The frames of each class.
  private var frames = [Int](repeating: 0, count: FrameClass.allCases.count)

  /// Takes the tally of all frames.
  init(
    _ tally: FrameTally, owners: FrameOwners, counters: PageCounters, marksLargeObjects: Bool
  ) {
    self.tally = tally
    self.owners = owners
    self.counters = counters
    self.marksLargeObjects = marksLargeObjects
    pageSize = owners.kernel.pages.pageSize.bytes
    for (key, count) in tally.counted { frames[Int(key.use.rawValue)] += count }
  }

  /// The account: no more than memory that the dump knows, or that the kernel uses.
  func account() -> MemoryAccount {
    let inside: [FrameClass] = [.noMemory, .unexplained, .largeObject]
    // Where large objects are marked, a block without a mark is as unexplained as a single page.
    let shown = FrameClass.allCases.filter {
      !inside.contains($0) && !($0 == .compound && marksLargeObjects)
    }
    let parts = shown.compactMap { part(of: $0) }
    let total = frames.indices.reduce(0) {
      $0 + ($1 == Int(FrameClass.noMemory.rawValue) ? 0 : frames[$1])
    }
    return MemoryAccount(
      source: "the state of \(total.counted("page"))", total: total * pageSize, parts: parts,
      remarks: remarks(parts))
  }

  private func bytes(_ use: FrameClass) -> Int { frames[Int(use.rawValue)] * pageSize }

  /// What is said of a class; nil when there is none of it and nothing counts it.
  private func part(of use: FrameClass) -> MemoryAccount.Part? {
    let bytes = bytes(use) + (use == .slab ? self.bytes(.largeObject) : 0)
    let counter = counter(of: use)
    guard bytes > 0 || (counter?.bytes ?? 0) > 0 else { return nil }
    return MemoryAccount.Part(id: use.id, bytes: bytes, parts: owners(of: use), counter: counter)
  }

  /// The owners within a class, the largest first.
  private func owners(of use: FrameClass) -> [MemoryAccount.Part] {
    var sums: [String: Int] = [:]
    for (key, count) in tally.counted where key.use == use && key.owner.isSomebody {
      sums[name(of: key.owner), default: 0] += count * pageSize
    }
    if use == .slab, bytes(.largeObject) > 0 {
      sums[FrameClass.largeObject.id] = bytes(.largeObject)
    }
    return sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { MemoryAccount.Part(id: $0.key, bytes: $0.value) }
  }

  private func name(of owner: FrameOwner) -> String {
    switch owner.kind {
    case .none, .mapped: return ""
    case .cache: return owners.census.caches[Int(owner.value)].name
    case .fileSystem:
      let names = owners.files.names
      return owner.value < UInt64(names.count) ? names[Int(owner.value)] : "unknown"
    case .module:
      let modules = owners.kernel.modules.modules
      return owner.value < UInt64(modules.count) ? modules[Int(owner.value)].name : "unknown"
    case .merged: return "merged"
    case .caller:
      let address = VirtualAddress(owner.value)
      guard owner.value != 0 else { return "unknown" }
      guard let symbol = owners.kernel.symbols.reference(to: address)?.symbol else {
        return address.description
      }
      return symbol.module.map { "\(symbol.name) [\($0)]" } ?? symbol.name
    }
  }

  /// What the kernel counts of a class, if it does.
  private func counter(of use: FrameClass) -> MemoryAccount.Counter? {
    func counter(_ name: String, _ bytes: Int?) -> MemoryAccount.Counter? {
      bytes.map { MemoryAccount.Counter(name: name, bytes: $0) }
    }
    switch use {
    case .free: return counter("MemFree", counters.bytes(["NR_FREE_PAGES"]))
    case .anonymous: return counter("AnonPages", counters.bytes(["NR_ANON_MAPPED"]))
    case .shared: return counter("Shmem", counters.bytes(["NR_SHMEM"]))
    case .pageCache:
      let swapped = counters.bytes(["NR_SWAPCACHE"]) == nil ? [] : ["NR_SWAPCACHE"]
      return counter(
        "Cached + Buffers - Shmem",
        counters.bytes(["NR_FILE_PAGES"], less: ["NR_SHMEM"] + swapped))
    case .slab:
      return counter(
        "Slab", counters.bytes(["NR_SLAB_RECLAIMABLE_B", "NR_SLAB_UNRECLAIMABLE_B"]))
    case .kernelStacks: return counter("KernelStack", counters.stacks)
    case .pageTables: return counter("PageTables", counters.bytes(["NR_PAGETABLE"]))
    case .perCPU: return counter("Percpu", owners.chunks.counted)
    case .hugePages: return counter("Hugetlb", owners.huge.counted)
    case .zsmalloc: return counter("Zspages", counters.bytes(["NR_ZSPAGES"]))
    case .hardwarePoisoned: return counter("HardwareCorrupted", counters.bytes(["poisoned"]))
    case .vmalloc:
      return counter(
        "VmallocUsed - stacks - modules",
        counters.bytes(["NR_VMALLOC"]).map { $0 - mappedStacks - bytes(.modules) })
    default: return nil
    }
  }

  /// The bytes of stacks that `vmalloc` mapped, which its counter covers.
  private var mappedStacks: Int {
    let key = FrameTally.Key(
      use: .kernelStacks, owner: FrameOwner(kind: .mapped, value: 0))
    return (tally.counted[key] ?? 0) * pageSize
  }

  /// How many bytes of the compound blocks are large objects of kmalloc, by the counter of slabs.
  private var largeObjects: Int? {
    guard !marksLargeObjects, let counted = counter(of: .slab)?.bytes else { return nil }
    return min(max(0, counted - bytes(.slab)), bytes(.compound))
  }

  /// What does not fit together.
  private func remarks(_ parts: [MemoryAccount.Part]) -> [String] {
    var remarks: [String] = []
    if let largeObjects, largeObjects > 0 {
      remarks.append(
        "\(largeObjects.byteSize) of the compound blocks are objects of kmalloc too large for a "
          + "slab, by the counter of slabs; this kernel does not mark their pages")
    }
    for part in parts {
      guard let counter = part.counter, let bytes = part.bytes else { continue }
      let difference = abs(bytes - counter.bytes - (part.id == "slab" ? -(largeObjects ?? 0) : 0))
      if difference > max(Self.tolerance, counter.bytes / 50) {
        remarks.append(
          "\(part.id.replacing("_", with: " ")): the pages are \(bytes.byteSize), the counter "
            + "\(counter.name) says \(counter.bytes.byteSize)")
      }
    }
    if bytes(.unknown) > 0 {
      remarks.append("the struct page of \(bytes(.unknown).byteSize) cannot be read")
    }
    return remarks
  }

  /// Counters are added up late and by several CPUs.
  private static let tolerance = 1 << 20

  /// The blocks that nothing accounts for.
  func ghosts() -> GhostPages {
    let map = owners.kernel.pages
    return GhostPages(
      blocks: tally.blocks.map {
        GhostPages.Block(
          start: map.address(of: PageFrame($0.first)), pages: $0.pages, isCompound: $0.isCompound)
      },
      pageSize: pageSize, largeObjects: largeObjects)
  }
}

import Evidence

/// Makes accounts of memory out of counters.
enum AccountAssembly {
  /// The accounts of a session, without those of snapshots that have no total.
  static func accounts(_ facts: SessionFacts) -> [MemoryAccount] {
    // kmem -V has no total of its own.
    let total = facts.memory.lazy.compactMap {
      $0.source == .crash ? $0.bytes["TOTAL MEM"] : $0.bytes["MemTotal"]
    }.first
    return facts.memory.compactMap {
      $0.source == .statistics
        ? statistics($0, total: total, machine: facts.banner.machine) : account($0)
    }
  }

  private static func account(_ counters: MemoryCounters) -> MemoryAccount? {
    let place = counters.input.isEmpty ? "" : " in \(counters.input)"
    switch counters.source {
    case .meminfo: return meminfo(counters.bytes, "/proc/meminfo\(place)")
    case .free: return free(counters.bytes, "free\(place)")
    case .crash: return crash(counters.bytes, "kmem -i\(place)")
    case .statistics: return nil
    }
  }

  /// The counters of `/proc/meminfo` that do not overlap (Documentation/filesystems/proc.rst).
  ///
  /// Cached holds Shmem, and anonymous memory is counted without it; KReclaimable holds
  /// SReclaimable, which is in Slab. What no counter covers was taken from the page allocator
  /// directly.
  private static func meminfo(_ bytes: [String: Int], _ source: String) -> MemoryAccount? {
    guard let total = bytes["MemTotal"], bytes["MemFree"] != nil else { return nil }
    var parts: [MemoryAccount.Part] = []
    func add(_ id: String, _ name: String, _ inner: [(String, String)] = []) {
      guard let size = bytes[name] else { return }
      parts.append(
        MemoryAccount.Part(
          id: id, bytes: size,
          parts: inner.compactMap { id, name in
            bytes[name].map { MemoryAccount.Part(id: id, bytes: $0) }
          }))
    }
    add("free", "MemFree")
    add("buffers", "Buffers")
    add("page_cache", "Cached", [("shared", "Shmem")])
    add("swap_cache", "SwapCached")
    add("anonymous", "AnonPages", [("anonymous_huge", "AnonHugePages")])
    add("slab", "Slab", [("reclaimable", "SReclaimable"), ("unreclaimable", "SUnreclaim")])
    add("kernel_stacks", "KernelStack")
    add("page_tables", "PageTables")
    add("secondary_page_tables", "SecPageTables")
    add("vmalloc", "VmallocUsed")
    add("per_cpu", "Percpu")
    addHugePages(bytes, &parts)
    add("hardware_poisoned", "HardwareCorrupted")
    add("network_filter", "NetworkMemory")
    return MemoryAccount(source: source, total: total, parts: parts)
  }

  /// The pool of huge pages is set aside whether or not it is used.
  private static func addHugePages(_ bytes: [String: Int], _ parts: inout [MemoryAccount.Part]) {
    if let pool = bytes["Hugetlb"] {
      parts.append(MemoryAccount.Part(id: "huge_pages", bytes: pool))
    } else if let pages = bytes["HugePages_Total"], let size = bytes["Hugepagesize"] {
      let (pool, overflow) = pages.multipliedReportingOverflow(by: size)
      if !overflow, pool > 0 { parts.append(MemoryAccount.Part(id: "huge_pages", bytes: pool)) }
    }
  }

  private static func free(_ bytes: [String: Int], _ source: String) -> MemoryAccount? {
    guard let total = bytes["total"], let free = bytes["free"] else { return nil }
    var cache = bytes["buff/cache"]
    if cache == nil, let buffers = bytes["buffers"], let cached = bytes["cached"] {
      cache = buffers + cached
    }
    var parts = [MemoryAccount.Part(id: "free", bytes: free)]
    if let cache { parts.append(MemoryAccount.Part(id: "page_cache", bytes: cache)) }
    return MemoryAccount(source: source, total: total, parts: parts)
  }

  private static func crash(_ bytes: [String: Int], _ source: String) -> MemoryAccount? {
    guard let total = bytes["TOTAL MEM"], let free = bytes["FREE"] else { return nil }
    var parts = [MemoryAccount.Part(id: "free", bytes: free)]
    for (id, name) in [("buffers", "BUFFERS"), ("page_cache", "CACHED"), ("slab", "SLAB")] {
      if let size = bytes[name] { parts.append(MemoryAccount.Part(id: id, bytes: size)) }
    }
    return MemoryAccount(source: source, total: total, parts: parts)
  }

  /// The pages that `kmem -V` counts, which says nothing of vmalloc and of what each CPU has.
  ///
  /// Since Linux 5.9 the counters of slabs have `_B` in their names, though crash prints pages
  /// (d42f3245c7e2 "mm: memcg: convert vmstat slab counters to bytes").
  private static func statistics(
    _ counters: MemoryCounters, total: Int?, machine: String?
  ) -> MemoryAccount? {
    // Other machines have pages of several sizes.
    guard let total, machine == "x86_64", let free = counters.bytes["nr_free_pages"] else {
      return nil
    }
    func pages(_ names: String...) -> Int? {
      names.lazy.compactMap { counters.bytes[$0] }.first.map { $0 << 12 }
    }
    var parts = [MemoryAccount.Part(id: "free", bytes: free << 12)]
    func add(_ id: String, _ bytes: Int?) {
      if let bytes { parts.append(MemoryAccount.Part(id: id, bytes: bytes)) }
    }
    add("page_cache", pages("nr_file_pages"))
    add("anonymous", pages("nr_anon_mapped", "nr_anon_pages"))
    let reclaimable = pages("nr_slab_reclaimable", "nr_slab_reclaimable_b")
    let unreclaimable = pages("nr_slab_unreclaimable", "nr_slab_unreclaimable_b")
    if let reclaimable, let unreclaimable {
      parts.append(
        MemoryAccount.Part(
          id: "slab", bytes: reclaimable + unreclaimable,
          parts: [
            MemoryAccount.Part(id: "reclaimable", bytes: reclaimable),
            MemoryAccount.Part(id: "unreclaimable", bytes: unreclaimable),
          ]))
    }
    add("kernel_stacks", counters.bytes["nr_kernel_stack_kb"].map { $0 << 10 })
    add("page_tables", pages("nr_pagetable", "nr_page_table_pages"))
    parts.append(MemoryAccount.Part(id: "vmalloc", bytes: nil))
    return MemoryAccount(source: "kmem -V in \(counters.input)", total: total, parts: parts)
  }
}

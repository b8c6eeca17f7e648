import Evidence

/// Makes accounts of memory out of counters.
enum AccountAssembly {
  /// The account of a snapshot, or nil when it has no total.
  static func account(_ counters: MemoryCounters) -> MemoryAccount? {
    let place = counters.input.isEmpty ? "" : " in \(counters.input)"
    switch counters.source {
    case .meminfo: return meminfo(counters.bytes, "/proc/meminfo\(place)")
    case .free: return free(counters.bytes, "free\(place)")
    case .crash: return crash(counters.bytes, "kmem -i\(place)")
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
}

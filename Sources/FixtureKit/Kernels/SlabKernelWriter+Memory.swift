import DebugInfo
import Memory

extension SlabKernelWriter {
  /// Writes the records of memory.
  mutating func writeMemory() {
    writeZones()
    writeAreas()
    writeHugePages()
    writeTasks()
    writeSpareStacks()
  }

  /// The `struct page` of a frame.
  func structPage(ofFrame frame: UInt64) -> PhysicalAddress {
    SlabKernel.vmemmapStart.advanced(by: frame * 64)
  }

  private mutating func writeZones() {
    let node = allocate(size(of: "pglist_data"))
    define("contig_page_data", at: node, size: UInt64(size(of: "pglist_data")))
    let isSplit = kernel.era.hasStructSlab
    let pages = allocatePerCPU(size(of: isSplit ? "per_cpu_pages" : "per_cpu_pageset"))
    set("zone", at: node, isSplit ? "per_cpu_pageset" : "pageset", pages)
    for cpu in 0..<kernel.cpus {
      let place = perCPU(pages, cpu: cpu)
      let lists =
        isSplit
        ? self.place("per_cpu_pages", at: place, "lists")
        : self.place("per_cpu_pageset", at: place, "pcp.lists")
      for list in 0..<(isSplit ? 13 : 3) {
        // Three types of pages for each order, then huge pages.
        let blocks = kernel.records.cpuLists.filter { $0.cpu == cpu && $0.order * 3 == list }
        link(pages: blocks.map(\.frame), head: lists.advanced(by: UInt64(list) * 16))
      }
    }
    writeCounters("vm_zone_stat", ["NR_FREE_PAGES"])
    writeCounters(
      "vm_node_stat",
      [
        "NR_SLAB_RECLAIMABLE_B", "NR_SLAB_UNRECLAIMABLE_B", "NR_ANON_MAPPED", "NR_FILE_PAGES",
        "NR_SHMEM",
      ])
  }

  private mutating func writeCounters(_ array: String, _ names: [String]) {
    // A kernel that counts nothing has no counters at all.
    guard names.contains(where: { kernel.records.counters[$0] != nil }) else { return }
    let place = allocate(names.count * 8)
    define(array, at: place, size: UInt64(names.count) * 8)
    for (index, name) in names.enumerated() {
      image.write(kernel.records.counters[name] ?? 0, at: place.advanced(by: UInt64(index) * 8))
    }
  }

  private mutating func writeAreas() {
    for caller in SlabKernel.callers { define(caller, kernel.caller(caller)) }
    let areas = kernel.records.areas.enumerated().map { number, area in
      let object = allocate(size(of: "vm_struct"))
      let place = allocate(size(of: "vmap_area"))
      let start = kernel.area(number)
      let end = start.advanced(by: (area.frames.count + 1) * 4096)
      set("vm_struct", at: object, "addr", start.rawValue)
      // Mostly a return address, somewhere in the function.
      let caller = kernel.caller(area.caller)
      let isStart = area.caller == "pcpu_get_vm_areas"
      set("vm_struct", at: object, "caller", caller.rawValue + (isStart ? 0 : 4))
      set("vmap_area", at: place, "va_start", start.rawValue)
      set("vmap_area", at: place, "va_end", end.rawValue)
      set("vmap_area", at: place, "vm", pointer(object))
      return self.place("vmap_area", at: place, "list")
    }
    guard kernel.era.isRecent else {
      let head = allocate(16)
      define("vmap_area_list", at: head, size: 16)
      return link(areas, head: head)
    }
    let nodes = allocate(size(of: "vmap_node"))
    let variable = allocate(8)
    define("vmap_nodes", at: variable, size: 8)
    image.write(pointer(nodes), at: variable)
    link(areas, head: place("vmap_node", at: nodes, "busy.head"))
  }

  /// Maps the areas and returns the first page table.
  mutating func writePageTables() -> PhysicalAddress {
    let mode: PagingMode =
      kernel.machine == .x86_64 ? .x86_64(levels: 4) : .arm64(.kib4, virtualBits: 48)
    var tables = PageTableWriter(mode, root: PhysicalAddress(0xa0000), in: &image)
    for (number, area) in kernel.records.areas.enumerated() {
      for (page, frame) in area.frames.enumerated() {
        tables.map(
          kernel.area(number).advanced(by: page * 4096), to: PhysicalAddress(frame << 12),
          count: 4096, in: &image)
      }
    }
    return tables.root
  }

  private mutating func writeHugePages() {
    guard !kernel.records.hugePages.isEmpty else { return }
    let state = allocate(size(of: "hstate"))
    define("hstates", at: state, size: UInt64(size(of: "hstate")))
    let last = allocate(4)
    define("hugetlb_max_hstate", at: last, size: 4)
    image.write(UInt32(1), at: last)
    set("hstate", at: state, "order", 2)
    set("hstate", at: state, "nr_huge_pages", UInt64(kernel.records.hugePages.count))
    let pages = kernel.records.hugePages.enumerated()
    link(
      pages: pages.filter { $0.offset % 2 == 1 }.map(\.element),
      head: place("hstate", at: state, "hugepage_activelist"))
    let lists = place("hstate", at: state, "hugepage_freelists")
    for node in 0..<4 {
      let free = node == 0 ? pages.filter { $0.offset % 2 == 0 }.map(\.element) : []
      link(pages: free, head: lists.advanced(by: UInt64(node) * 16))
    }
  }

  /// Links the `struct page` of frames and their head to a circular list, by the addresses that they
  /// have among all `struct page`.
  private mutating func link(pages frames: [UInt64], head: PhysicalAddress) {
    let ring = frames.map { kernel.vmemmap.advanced(by: $0 * 64 + 8).rawValue } + [pointer(head)]
    image.write(ring[0], at: head)
    for (number, frame) in frames.enumerated() {
      image.write(ring[number + 1], at: structPage(ofFrame: frame).advanced(by: 8))
    }
  }

  /// Writes an inode of a file system and returns its `address_space`.
  mutating func writeFile(in fileSystem: String) -> PhysicalAddress {
    let name = allocate(fileSystem.utf8.count + 1)
    image.write(Array(fileSystem.utf8), at: name)
    let type = allocate(size(of: "file_system_type"))
    set("file_system_type", at: type, "name", pointer(name))
    let superblock = allocate(size(of: "super_block"))
    set("super_block", at: superblock, "s_type", pointer(type))
    let inode = allocate(size(of: "inode"))
    let mapping = place("inode", at: inode, "i_data")
    set("inode", at: inode, "i_sb", pointer(superblock))
    set("inode", at: inode, "i_mapping", pointer(mapping))
    set("address_space", at: mapping, "host", pointer(inode))
    return mapping
  }
}

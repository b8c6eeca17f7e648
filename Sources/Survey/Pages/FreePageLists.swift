import DebugInfo
import KernelImage
import Memory

/// The free pages that CPUs keep for themselves: their `struct page` does not say that it is free.
struct FreePageLists: Sendable {
  private var frames: Set<PageFrame> = []

  /// Far more lists than a CPU has in a zone.
  private static let mostLists = 256
  /// No list has more pages than this: `vm.percpu_pagelist_high_fraction` takes an eighth of a zone.
  private static let longestList = 1 << 20
  /// `MAX_NR_ZONES` is 5 at most.
  private static let mostZones = 8

  /// Walks the lists of every CPU in every zone; those not understood are left out, and their pages
  /// are taken for used.
  init(_ kernel: Kernel) {
    let types = kernel.types
    let near = FrameLayout.anchors
    guard let zone = types.structure("zone", near: near),
      let node = types.structure("pglist_data", near: near),
      let zones = node.offset("node_zones"),
      let page = types.structure("page", near: near),
      // A union member of its own since bf75f200569d ("mm/page_alloc: add page->buddy_list and
      // page->pcp_list"), v6.0.
      let link = page.offset("pcp_list") ?? page.offset("lru"),
      let lists = Self.lists(of: zone)
    else { return }
    let count = min(node.elementCount(of: "node_zones") ?? Self.mostZones, Self.mostZones)
    let kinds = types.enumerator("MIGRATE_PCPTYPES", near: near).map { Int(clamping: $0) } ?? 0
    for node in NUMANodes.addresses(in: kernel) {
      for number in 0..<count {
        let zone = node.advanced(by: zones + number * zone.size)
        guard let pages = try? kernel.memory.pointer(at: zone.advanced(by: lists.pointer.offset)),
          pages != VirtualAddress(0)
        else { continue }
        for cpu in kernel.perCPU.possible {
          let start = kernel.perCPU.address(of: pages, cpu: cpu)
          for list in 0..<min(lists.count, Self.mostLists) {
            walk(
              start.advanced(by: lists.offset + list * 16), link: link,
              order: Self.order(ofList: list, kinds: kinds, in: kernel), in: kernel)
          }
        }
      }
    }
  }

  /// Whether a page frame is on one of the lists.
  @inline(__always) func contains(_ frame: PageFrame) -> Bool {
    !frames.isEmpty && frames.contains(frame)
  }

  /// The order of the blocks in a list: only the first page of a block is in it.
  ///
  /// A list for each kind of page and each order up to PAGE_ALLOC_COSTLY_ORDER, then those of huge
  /// pages: Linux 44042b449872 ("mm/page_alloc: allow high-order pages to be stored on the per-cpu
  /// lists"), v5.14.
  private static func order(ofList list: Int, kinds: Int, in kernel: Kernel) -> Int {
    guard kinds > 0 else { return 0 }
    return list / kinds <= 3 ? list / kinds : kernel.pages.pageSize.shift - 3
  }

  private mutating func walk(
    _ head: VirtualAddress, link: Int, order: Int, in kernel: Kernel
  ) {
    let list = ListWalk(
      circle: head, offset: link, in: kernel.memory, of: kernel.machine,
      limit: Self.longestList >> order)
    for frame in list.entries.lazy.compactMap({ kernel.pages.frame(ofStructPage: $0) }) {
      for number in 0..<(UInt64(1) << UInt64(order)) {
        frames.insert(PageFrame(frame.rawValue &+ number))
      }
    }
  }

  /// The per-CPU pointer in a zone, and where and how many lists are behind it.
  private static func lists(of zone: Structure) -> (pointer: Field, offset: Int, count: Int)? {
    // Linux 28f836b6777b ("mm/page_alloc: split per cpu page lists and zone stats"), v5.14.
    if let pointer = zone.field("per_cpu_pageset"), let set = zone.target(of: "per_cpu_pageset"),
      let offset = set.offset("lists"), let count = set.elementCount(of: "lists")
    {
      return (pointer, offset, count)
    }
    guard let pointer = zone.field("pageset"), let set = zone.target(of: "pageset"),
      let offset = set.offset("pcp.lists"), let count = set.elementCount(of: "pcp.lists")
    else { return nil }
    return (pointer, offset, count)
  }
}

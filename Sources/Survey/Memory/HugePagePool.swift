import DebugInfo
import KernelImage
import Memory

/// The pool of huge pages, in use or not: what `/proc/sys/vm/nr_hugepages` set aside.
struct HugePagePool: Sendable {
  /// The page frames, ascending.
  private(set) var frames: [Range<UInt64>] = []
  /// How many bytes the kernel counts in the pools of all sizes, or nil when it has none.
  private(set) var counted: Int?

  /// Functions of mm/hugetlb.c.
  private static let anchors = ["hugetlb_add_hstate", "alloc_hugetlb_folio", "alloc_huge_page"]
  /// `HUGE_MAX_HSTATE` is 4 at most.
  private static let mostSizes = 8
  /// The largest size is 16 GiB.
  private static let largestOrder: UInt64 = 24

  /// Walks the pools' lists; what cannot be read is left out.
  init(_ kernel: Kernel) {
    let types = kernel.types
    guard let states = kernel.address(of: "hstates"),
      let last = kernel.address(of: "hugetlb_max_hstate"),
      let count = try? kernel.memory.load(Int32.self, at: last),
      let state = types.structure("hstate", near: Self.anchors),
      let order = state.field("order"), let total = state.field("nr_huge_pages"),
      let active = state.place(of: "hugepage_activelist"),
      let free = state.place(of: "hugepage_freelists"),
      let link = types.structure("page", near: Self.anchors)?.place(of: "lru")
    else { return }
    let nodes = min(
      NUMANodes.count(in: kernel), state.elementCount(of: "hugepage_freelists") ?? 1)
    var bytes = 0
    for number in 0..<min(max(Int(count), 0), Self.mostSizes) {
      let place = states.advanced(by: number * state.size)
      guard
        let record = try? Record(at: place, extent: [order, total].extent, in: kernel.memory),
        record[order] <= Self.largestOrder
      else { continue }
      let size = kernel.pages.pageSize.bytes << Int(record[order])
      bytes &+= Int(truncatingIfNeeded: record[total] & 0xffff_ffff) &* size
      for head in [active] + (0..<nodes).map({ free + $0 * 16 }) {
        walk(place.advanced(by: head), link: link, pages: 1 << record[order], in: kernel)
      }
    }
    counted = bytes
    frames.sort { $0.lowerBound < $1.lowerBound }
  }

  private mutating func walk(
    _ head: VirtualAddress, link: Int, pages: UInt64, in kernel: Kernel
  ) {
    let known = kernel.physical.frames.reduce(0) {
      $0 &+ $1.upperBound.rawValue &- $1.lowerBound.rawValue
    }
    let list = ListWalk(
      circle: head, offset: link, in: kernel.memory, of: kernel.machine,
      limit: Int(clamping: known / pages))
    for entry in list.entries {
      guard let frame = kernel.pages.frame(ofStructPage: entry), frame.rawValue % pages == 0 else {
        continue
      }
      frames.append(frame.rawValue..<(frame.rawValue + pages))
    }
  }
}

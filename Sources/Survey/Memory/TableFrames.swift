import DebugInfo
import Evidence
import KernelImage
import Memory

/// Page tables that the kernel does not count: its own, and the upper ones of processes.
///
/// Since Linux 6.16 most of them are marked and counted like all others.
struct TableFrames: Sendable {
  /// The page frames.
  private(set) var frames: Set<UInt64> = []

  /// Functions of kernel/fork.c.
  private static let anchors = ["copy_process", "mm_alloc", "mmput"]

  /// Follows the kernel's page tables, and those of every process down to what is counted.
  init(_ kernel: Kernel, census: Census) {
    guard let tables = kernel.tables else { return }
    let limit = Int(
      clamping: kernel.physical.frames.reduce(0) {
        $0 &+ $1.upperBound.rawValue &- $1.lowerBound.rawValue
      })
    // Not all there is: KASAN maps one table again and again where nothing is.
    for region in kernel.regions where region.use != .user && region.use != .perCPU {
      let range = Self.translated(region.range, by: tables)
      add(tables.frames(mapping: range, limit: limit))
    }
    guard let pgd = kernel.types.structure("mm_struct", near: Self.anchors)?.field("pgd") else {
      return
    }
    // A process's tables of pages are counted, and since b2b29d6d0119 ("mm: account PMD tables like
    // PTE tables"), v5.10, those above them.
    let half = UInt64(tables.shape.shift(atHeight: tables.shape.rootHeight) + 8)
    let user = kernel.machine == .x86_64 ? 0..<(1 << half) : 0..<UInt64.max
    for cache in census.caches(named: "mm_struct") {
      for slab in census.slabsOfCache[cache].lazy.map({ census.slabs[$0] }) {
        for index in 0..<Int(slab.slots)
        where census.stateKind(of: slab.firstSlot + index) == .allocated {
          let place = slab.object(index).advanced(by: pgd.offset)
          guard let root = try? kernel.memory.pointer(at: place),
            let frame = kernel.pages.frame(of: kernel.machine.untagged(root))
          else { continue }
          let own = PageTables(
            physical: kernel.physical, shape: tables.shape,
            root: kernel.pages.pageSize.address(of: frame))
          add(own.frames(mapping: user, lowest: 2, limit: limit))
          // The second half of the root, for programs: CONFIG_PAGE_TABLE_ISOLATION.
          if kernel.machine == .x86_64 { pairs.insert(frame.rawValue) }
        }
      }
    }
  }

  /// The roots of processes; page table isolation puts a second root behind each.
  private(set) var pairs: Set<UInt64> = []

  private mutating func add(_ found: Set<PageFrame>) {
    frames.formUnion(found.lazy.map(\.rawValue))
  }

  /// The bits of a region's addresses that the tables translate.
  private static func translated(
    _ range: Range<VirtualAddress>, by tables: PageTables
  ) -> Range<UInt64> {
    let start = tables.translatedBits(of: range.lowerBound)
    let end = tables.translatedBits(of: range.upperBound.advanced(by: -1))
    return start <= end && end < .max ? start..<(end + 1) : 0..<UInt64.max
  }
}

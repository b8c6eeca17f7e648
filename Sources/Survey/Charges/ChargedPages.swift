import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// The search for the pages that are charged to control groups which were removed.
struct ChargedPages {
  private let kernel: Kernel
  private let tree: ControlGroupTree
  /// In `struct obj_cgroup`: the group.
  private let recordGroup: Field?
  private let files: FileOwners

  /// Set for slabs, whose word leads to an array.
  private static let isArray: UInt64 = 1
  /// The kernel's own page.
  private static let isKernels: UInt64 = 2
  private static let flags: UInt64 = 7
  private static let isAnonymous: UInt64 = 1
  /// A memory map of more frames than this, 64 TiB of memory, is damaged.
  private static let largestMap: UInt64 = 1 << 34

  /// Prepares to search.
  init(_ kernel: Kernel, tree: ControlGroupTree, recordGroup: Field?) {
    (self.kernel, self.tree, self.recordGroup) = (kernel, tree, recordGroup)
    files = FileOwners(kernel)
  }

  /// The pages of each dying group, by its index, the most first; nil where they cannot be told.
  func pages() -> [Int: [ControlGroup.Pages]]? {
    guard let layout = try? FrameLayout(kernel.types),
      let page = kernel.types.structure("page", near: FrameLayout.anchors),
      // Linux bcfe06bf2622 ("mm: memcontrol: Use helpers to read page's memcg data"), v5.11.
      let owner = page.field("memcg_data") ?? page.field("mem_cgroup"),
      kernel.pages.structSize >= max(layout.extent, owner.end)
    else { return nil }
    var counts: [Key: Int] = [:]
    var known: [UInt64: Int?] = [:]
    var left = Self.largestMap
    for range in kernel.pages.ranges where left > 0 {
      let count = min(left, range.upperBound.rawValue - range.lowerBound.rawValue)
      left -= count
      let frames = range.lowerBound.rawValue..<(range.lowerBound.rawValue + count)
      var block: Key?
      StructPages(kernel).forEach(frames) { _, span, base in
        guard let span, let head = span.load(layout.tail, at: base) else {
          block = nil
          return
        }
        let isTail = head & 1 != 0
        // The later pages of a block have no owner of their own.
        if !isTail { block = nil }
        if !isTail, let word = span.load(owner, at: base), word & ~Self.flags != 0,
          word & Self.isArray == 0, layout.marks.slab.map({ !span.has($0, at: base) }) ?? true
        {
          let group = known[word] ?? dyingGroup(word)
          known[word] = .some(group)
          block = group.map {
            Key(group: $0, kind: kind(word, mapping: span.load(layout.mapping, at: base) ?? 0))
          }
        }
        if let block { counts[block, default: 0] += 1 }
      }
    }
    return Dictionary(grouping: counts, by: \.key.group).mapValues { kinds in
      kinds.map { ControlGroup.Pages(kind: $0.key.kind, count: $0.value) }
        .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
    }
  }

  private struct Key: Hashable {
    let group: Int
    let kind: String
  }

  /// The dying group that a page is charged to.
  ///
  /// The word is the group's address, and that of a `struct obj_cgroup` for the kernel's own pages,
  /// since v7.1 for all.
  private func dyingGroup(_ word: UInt64) -> Int? {
    let place = kernel.machine.untagged(VirtualAddress(word & ~Self.flags))
    let index =
      tree.indices[place]
      ?? recordGroup.flatMap { kernel.pointer($0, at: place) }.flatMap { tree.indices[$0] }
    return index.flatMap { tree.groups[$0].isDying ? $0 : nil }
  }

  private func kind(_ word: UInt64, mapping: UInt64) -> String {
    if word & Self.isKernels != 0 { return "the kernel" }
    if mapping & Self.isAnonymous != 0 { return "anonymous memory" }
    guard mapping != 0, let number = files.system(ofMapping: mapping) else { return "others" }
    let names = files.names
    return names.indices.contains(Int(number)) ? names[Int(number)] : "others"
  }
}

import DebugInfo
import Evidence
import KernelImage
import Memory

/// The arrays in which slabs keep something for each of their objects, beside the objects.
///
/// Linux 286e04b8ed7a ("mm: memcg/slab: allocate obj_cgroups for non-root slab pages"), v5.9:
/// pointers to the `struct obj_cgroup` that each object is charged to. 21c690a349ba ("mm: introduce
/// slabobj_ext to support slab object extensions"), v6.10: a structure.
struct ObjectExtensions: Sendable {
  /// The array of one slab.
  struct Array: Sendable {
    /// The word as the slab has it, with flags in its lowest bits.
    let word: UInt64
    /// The first element; nil where there is no array.
    let start: VirtualAddress?
    /// How far the elements lie apart, in bytes.
    let stride: Int

    /// The address of an element.
    func element(_ index: Int) -> VirtualAddress? {
      start?.advanced(by: UInt64(index) &* UInt64(stride))
    }
  }

  /// The structure that an element is; nil where it is a pointer to a `struct obj_cgroup`.
  let element: Structure?
  /// The size of an element in bytes.
  let elementSize: Int
  private let kernel: Kernel
  /// In `struct slab` or `struct page`: where the array is.
  private let array: Field
  /// How far its elements lie apart, where that is not always the same.
  private let stride: Field?

  /// Functions of mm/slub.c and mm/slab.c.
  static let anchors = [
    "kmem_cache_alloc_noprof", "kmem_cache_alloc", "__kmem_cache_shutdown", "___slab_alloc",
  ]
  /// Flags of the array, and of `page.memcg_data`, which lies in the same place.
  private static let flags: UInt64 = 7

  /// Finds out where the arrays are; nil in a kernel without them.
  init?(_ kernel: Kernel) {
    let types = kernel.types
    self.kernel = kernel
    let slab = types.structure("slab", near: Self.anchors)
    if let array = slab?.field("obj_exts") {
      guard let element = types.structure("slabobj_ext", near: Self.anchors),
        let size = try? element.requireSize()
      else { return nil }
      (self.element, elementSize) = (element, size)
      (self.array, stride) = (array, slab?.field("stride"))
      return
    }
    // Linux 270c6a71460e ("mm: memcontrol/slab: Use helpers to access slab page's memcg_data"),
    // v5.11, and d122019bf061 ("mm: Split slab into its own type"), v5.17, renamed it.
    let page = types.structure("page", near: Self.anchors)
    guard
      let array = slab?.field("memcg_data") ?? page?.field("memcg_data")
        ?? page?.field("obj_cgroups")
    else { return nil }
    (element, elementSize, self.array, stride) = (nil, 8, array, nil)
  }

  /// The array of a slab; nil when its `struct page` cannot be read or makes no sense.
  func array(of slab: Slab) -> Array? {
    guard let frame = kernel.pages.frame(of: slab.firstPage),
      let page = try? Record(
        at: kernel.pages.structPage(of: frame),
        extent: [array, stride].compactMap { $0 }.extent, in: kernel.memory)
    else { return nil }
    let start = kernel.machine.untagged(VirtualAddress(page[array] & ~Self.flags))
    guard start != VirtualAddress(0) else {
      return Array(word: page[array], start: nil, stride: elementSize)
    }
    // A slab of one object needs none: KFENCE's have none.
    let told = slab.slots > 1 ? stride.map { page[$0] } : nil
    let stride = told ?? UInt64(elementSize)
    guard stride >= UInt64(elementSize), stride <= max(UInt64(slab.slotSize), UInt64(elementSize))
    else { return nil }
    return Array(word: page[array], start: start, stride: Int(stride))
  }
}

import DebugInfo
import Evidence
import KernelImage
import Memory

/// The pointers that the objects of a cache have in certain members.
struct PointerSearch: Sendable {
  private let fields: [Field]
  private let caches: [Int]
  private let kernel: Kernel
  private let census: Census

  /// Finds the members; nil when there is no such cache or structure.
  init?(_ pointers: CountedType.Pointers, _ kernel: Kernel, census: Census) {
    caches = census.caches(named: pointers.cache)
    guard !caches.isEmpty else { return nil }
    let structure = pointers.structures.lazy
      .compactMap { kernel.types.structure($0, near: pointers.anchors) }.first
    fields = pointers.members.compactMap { structure?.field($0) }.filter { $0.size == 8 }
    guard !fields.isEmpty else { return nil }
    self.kernel = kernel
    self.census = census
  }

  /// Takes each pointer that is set, with the place where it is.
  func each(_ body: (_ place: VirtualAddress, _ target: VirtualAddress) -> Void) {
    for cache in caches {
      for object in census.allocated(inCache: cache) {
        for field in fields {
          guard let target = kernel.pointer(field, at: object) else { continue }
          body(object.advanced(by: field.offset), target)
        }
      }
    }
  }
}

extension PointerSearch {
  /// Where the pointers are that lead to objects in some slots.
  func places(to slots: Set<UInt32>) -> Set<VirtualAddress> {
    var places: Set<VirtualAddress> = []
    each { place, target in
      guard let object = census.object(containing: target),
        slots.contains(UInt32(truncatingIfNeeded: census.slot(of: object)))
      else { return }
      places.insert(place)
    }
    return places
  }
}

extension Census {
  /// The addresses of the objects of a cache that are allocated.
  func allocated(inCache cache: Int) -> [VirtualAddress] {
    slabsOfCache[cache].flatMap { number -> [VirtualAddress] in
      let slab = slabs[number]
      return (0..<Int(slab.slots)).compactMap { index in
        stateKind(of: slab.firstSlot + index) == .allocated ? slab.object(index) : nil
      }
    }
  }
}

import Evidence
import KernelImage
import Memory

/// How many of the known holders each object of a type has.
struct HolderTally: Sendable {
  private var counts: [UInt32: Overcount.Holders] = [:]

  /// Looks at the known holders of all objects of a type.
  init(_ type: CountedType, _ kernel: Kernel, census: Census) {
    for pointers in type.holders {
      var found: [UInt32] = []
      PointerSearch(pointers, kernel, census: census)?.each { _, target in
        if let object = census.object(containing: target) {
          found.append(UInt32(truncatingIfNeeded: census.slot(of: object)))
        }
      }
      let kind = pointers.structures[0]
      for slot in found { counts[slot, default: Overcount.Holders()].add(kind) }
    }
    guard type.hasDescriptors else { return }
    var found: [UInt32] = []
    DescriptorTables(kernel, census: census)?.each { target in
      if let object = census.object(containing: target) {
        found.append(UInt32(truncatingIfNeeded: census.slot(of: object)))
      }
    }
    for slot in found { counts[slot, default: Overcount.Holders()].add("descriptor") }
  }

  /// The known holders of the object in a slot.
  func holders(of slot: UInt32) -> Overcount.Holders { counts[slot] ?? Overcount.Holders() }
}

import Evidence
import KernelImage
import Memory

/// How the free objects of one cache hold the pointer to the next.
struct FreePointer: Hashable, Sendable {
  /// Where it is in the object, in bytes.
  let offset: UInt64
  /// What it is combined with, unless it is plain.
  var random: UInt64 = 0
  /// How it is combined.
  let coding: FreelistCoding

  /// Where the free object at `object` has it.
  func place(in object: VirtualAddress) -> VirtualAddress { object.advanced(by: offset) }

  /// As what its word is read.
  var use: FieldUse {
    switch coding {
    case .plain: .value
    case .mixed, .mixedSwapped: .mixed(with: random)
    }
  }

  /// The pointer in the free object at `object`; throws `Absence` when that cannot be read.
  func next(
    after object: VirtualAddress, in contents: inout SlabContents, machine: Machine
  ) throws(Absence) -> VirtualAddress {
    let address = place(in: object)
    let word = try contents.word(at: address)
    return machine.untagged(coding.decode(word, at: address, random: random))
  }
}

/// The free objects of one slab that one of SLUB's lists leads to.
struct Freelist: Sendable {
  /// Their slots, in the order of the list.
  private(set) var slots: [UInt16] = []
  /// Why the walk ended before the list did, or nil when it did not.
  private(set) var fault: Fault?

  /// Follows a list that begins at `first`; keeps what it saw before a fault.
  init(
    from first: VirtualAddress, of slab: SurveyedSlab, pointer: FreePointer, in kernel: Kernel
  ) {
    var contents = SlabContents(slab, in: kernel)
    var seen = [UInt64](repeating: 0, count: Int(slab.slots) / 64 + 1)
    var next = first
    while next != VirtualAddress(0) {
      guard let slot = slab.slot(of: next) else {
        fault = Fault(.wildPointer, at: next, "freelist leaves the slab \(place)")
        return
      }
      guard seen[slot / 64] >> UInt64(slot % 64) & 1 == 0 else {
        fault = Fault(.cycle, at: next, "freelist comes back to slot \(slot) \(place)")
        return
      }
      seen[slot / 64] |= 1 << UInt64(slot % 64)
      slots.append(UInt16(truncatingIfNeeded: slot))
      contents.note(pointer.use, at: pointer.place(in: next))
      do throws(Absence) {
        next = try pointer.next(after: next, in: &contents, machine: kernel.machine)
      } catch {
        fault = Fault(.absent, at: next, "freelist goes through slot \(slot), which is \(error)")
        return
      }
    }
  }

  private var place: String { slots.last.map { "behind slot \($0)" } ?? "at once" }
}

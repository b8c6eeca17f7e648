import Evidence
import KernelImage
import Memory

/// The walk over the freelists of all slabs, as the slabs themselves hold them.
struct FreelistPass: Sendable {
  /// How each cache's free objects hold the pointer to the next.
  let pointers: [FreePointer]
  /// What was decided about free pointers, for the user; nil when there was nothing to decide.
  let remark: String?
  private let kernel: Kernel
  private let book: SlabBook

  /// Prepares the walk: finds out how free pointers are stored.
  init(
    _ kernel: Kernel, book: SlabBook, caches: [SurveyedCache], layout: SLUBLayout,
    active: [CPUSlabs.Active]
  ) {
    self.kernel = kernel
    self.book = book
    guard let randomField = layout.random else {
      pointers = caches.map { FreePointer(offset: $0.record[layout.offset], coding: .plain) }
      remark = nil
      return
    }
    let samples = Self.samples(of: book, active)
    let votes = [FreelistCoding.mixedSwapped, .mixed, .plain].map { coding in
      let pointers = caches.map {
        FreePointer(
          offset: $0.record[layout.offset], random: $0.record[randomField], coding: coding)
      }
      let fits = samples.count { Self.fits($0, pointers: pointers, book: book, in: kernel) }
      return (coding: coding, pointers: pointers, fits: fits)
    }
    // The first of equals: where no list tells, what all kernels since v5.7 do.
    let winner = votes.reduce(votes[0]) { $1.fits > $0.fits ? $1 : $0 }
    pointers = winner.pointers
    for (cache, pointer) in zip(caches, pointers) {
      kernel.memory.note(
        pointer.use, at: cache.record.address.advanced(by: randomField.offset), count: 8)
    }
    remark =
      winner.fits < samples.count
      ? "freelist pointers are taken to be \(winner.coding.summary):"
        + " \(winner.fits) of \(samples.count) samples fit" : nil
  }

  /// Whether the pointer in the first object of a list leads to another of its slab, or is null.
  private static func fits(
    _ sample: CPUSlabs.Active, pointers: [FreePointer], book: SlabBook, in kernel: Kernel
  ) -> Bool {
    let slab = book.slabs[sample.slab]
    var contents = SlabContents(slab, in: kernel)
    let next = try? pointers[Int(slab.cache)].next(
      after: sample.freelist, in: &contents, machine: kernel.machine)
    return next.map { $0 == VirtualAddress(0) || slab.slot(of: $0) != nil } ?? false
  }

  /// The most lists that are asked how free pointers are stored.
  private static let sampleSize = 1024

  /// Lists that are not empty.
  private static func samples(
    of book: SlabBook, _ active: [CPUSlabs.Active]
  ) -> [CPUSlabs.Active] {
    let lists =
      active.filter { book.slabs[$0.slab].slot(of: $0.freelist) != nil }
      + book.slabs.indices.compactMap { number in
        let slab = book.slabs[number]
        return slab.slot(of: slab.freelist) != nil
          ? CPUSlabs.Active(slab: number, freelist: slab.freelist) : nil
      }
    let stride = lists.count / sampleSize + 1
    return lists.indices.filter { $0 % stride == 0 }.map { lists[$0] }
  }

  /// What the walk found in a slab.
  struct Outcome: Sendable {
    /// The index of the slab.
    let slab: Int
    /// The free slots and what went wrong.
    let list: Freelist
  }

  /// The slabs looked at by one task.
  private static let slabsPerTask = 4096

  /// Walks the freelists of all slabs that have one.
  func outcomes() async -> [Outcome] {
    let count = book.slabs.count
    let parts = stride(from: 0, to: count, by: Self.slabsPerTask).map {
      $0..<min($0 + Self.slabsPerTask, count)
    }
    return await concurrently(parts) { part in
      part.compactMap { number in
        let slab = book.slabs[number]
        guard slab.slots > 0, slab.freelist != VirtualAddress(0) else { return nil }
        return Outcome(slab: number, list: walk(slab.freelist, of: slab))
      }
    }.flatMap { $0 }
  }

  /// Follows a list of a slab from its first object.
  func walk(_ first: VirtualAddress, of slab: SurveyedSlab) -> Freelist {
    Freelist(from: first, of: slab, pointer: pointers[Int(slab.cache)], in: kernel)
  }
}

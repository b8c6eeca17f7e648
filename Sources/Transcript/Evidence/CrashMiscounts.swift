import Evidence

/// What versions of crash are known to count wrongly.
struct CrashMiscounts {
  /// What is wrong with every cache of the session, as faults that stand beside the numbers.
  private(set) var faults: [Fault] = []
  /// The same and more, as sentences about the session.
  private(set) var remarks: [String] = []

  private let crash: CrashVersion
  private let kernel: CrashVersion?

  /// Judges a session by the versions in its banner; says nothing when there is none.
  init?(_ facts: SessionFacts) {
    guard let crash = facts.banner.crash, !facts.caches.isEmpty else { return nil }
    self.crash = crash
    kernel = facts.banner.release.flatMap { CrashVersion($0) }
    let isSLUB = facts.isSLUB
    let isHardened = facts.errors.contains { $0.message.contains("invalid freepointer") }
    if isSLUB { judgeSLUB(facts, isHardened: isHardened) }
    if !isSLUB, isBefore(CrashVersion(7, 1, 5)), !facts.slabs.contains(where: { $0.cache != nil }) {
      remarks.append(
        "crash \(crash) counts objects in SLUB's per-CPU slabs as allocated, free or not (until "
          + "7.1.5)")
    }
    if facts.errors.contains(where: { $0.message.hasPrefix("-S not supported") }) {
      remarks.append(
        "crash refused to list objects: from 9.0.2 it does so where struct kmem_cache has no "
          + "cpu_slab, with SLAB by mistake; crash 9.0.1 lists them")
    }
    if facts.banner.isLive {
      remarks.append("the machine was running while crash looked: counts may contradict each other")
    }
    if facts.readsAbsentAsZero {
      remarks.append("zero_excluded was on: zeros shown may be pages missing from the dump")
    }
  }

  private func isBefore(_ version: CrashVersion) -> Bool { crash < version }

  private func isKernel(from version: CrashVersion) -> Bool {
    kernel.map { $0 >= version } ?? false
  }

  private mutating func add(_ summary: String) {
    faults.append(Fault(.mismatch, summary))
    remarks.append("\(summary) (crash \(crash))")
  }

  private mutating func judgeSLUB(_ facts: SessionFacts, isHardened: Bool) {
    if isBefore(CrashVersion(7, 0, 5)), isKernel(from: CrashVersion(3, 1, 0)) {
      add(
        "crash before 7.0.5 reads page.objects of this kernel wrongly: slabs seem full and their "
          + "listings end early")
    }
    if isBefore(CrashVersion(7, 1, 5)) {
      add("crash before 7.1.5 counts objects in per-CPU slabs as allocated, free or not")
    }
    judgeHardening(facts, isHardened: isHardened)
    if isBefore(CrashVersion(8, 0, 6)), hasRedZones(facts) {
      add("crash before 8.0.6 misplaces red zones: free objects seem allocated")
    }
    if isKernel(from: CrashVersion(6, 9, 0)), hasRedZones(facts) {
      add(
        "crash knows the slab flags of Linux before 6.9 only: with red zones free objects seem "
          + "allocated")
    }
    if isKernel(from: CrashVersion(6, 18, 0)) {
      add("crash does not know sheaves: objects that wait in them seem allocated")
    }
  }

  /// Linux 5.7 swaps the bytes of what it hides free pointers with (1ad53d9fa3f6 "slub: improve bit
  /// diffusion for freelist ptr obfuscation"), as some older kernels of distributions do.
  ///
  /// crash knows since 7.3.1 for 5.7 and since 8.0.4 for all; until then most freelists seem to end
  /// after their first object, often without a complaint.
  private mutating func judgeHardening(_ facts: SessionFacts, isHardened: Bool) {
    let isNew = isKernel(from: CrashVersion(5, 7, 0))
    if isBefore(CrashVersion(7, 3, 1)), isNew {
      add(
        "crash before 7.3.1 does not decode hardened freelists of Linux 5.7 and later: free "
          + "objects \(isHardened || hasShortFreelists(facts) ? "" : "may ")seem allocated")
    } else if isBefore(CrashVersion(8, 0, 4)), isHardened {
      add(
        "crash before 8.0.4 does not decode hardened freelists of some kernels: nearly all objects "
          + "seem allocated")
    }
  }

  /// Whether a slab lists more allocated objects than its own count, which crash takes from the
  /// kernel.
  private func hasShortFreelists(_ facts: SessionFacts) -> Bool {
    facts.slabs.indices.contains { index in
      let objects = facts.objects(ofSlab: index)
      guard let allocated = facts.slabs[index].allocated, objects.count == facts.slabs[index].total
      else { return false }
      return objects.count { facts.objects.mark($0) == .allocated } > allocated
    }
  }

  /// Whether the objects of a slab that is listed as a whole do not begin where the slab does.
  private func hasRedZones(_ facts: SessionFacts) -> Bool {
    facts.slabs.indices.prefix(64).contains { index in
      let objects = facts.objects(ofSlab: index)
      guard let memory = facts.slabs[index].memory, objects.count == facts.slabs[index].total,
        objects.count > 1
      else { return false }
      return facts.objects.addresses[objects.lowerBound] != memory
    }
  }
}

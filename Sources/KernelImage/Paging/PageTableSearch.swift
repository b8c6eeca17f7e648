import Memory

/// Finds the kernel's page tables from the virtual address of the first one.
///
/// That address is proof: only the right root, read in the right way, maps it to itself.
struct PageTableSearch {
  let physical: any PhysicalMemory
  /// The virtual address of the first table: `swapper_pg_dir`.
  let directory: VirtualAddress
  /// The ways in which the tables may be laid out, the likeliest first.
  let shapes: [PageTableShape]

  /// Both architectures place the kernel's image so that virtual and physical addresses agree below
  /// 2 MiB (x86: CONFIG_PHYSICAL_ALIGN; arm64: MIN_KIMG_ALIGN).
  private static let alignment: UInt64 = 1 << 21
  /// Two TiB of memory are searched, no more.
  private static let mostPlaces = 1 << 20

  /// The tables that begin at `root` if that is given and right, or else where they are found.
  func tables(at root: PhysicalAddress?) -> PageTables? {
    if let root, let known = tables(beginningAt: root) { return known }
    var places = 0
    for range in physical.frames {
      let start = physical.pageSize.address(of: range.lowerBound).rawValue
      let end = physical.pageSize.address(of: range.upperBound).rawValue
      let within = directory.rawValue % Self.alignment
      // Safe: both ends of a range are far below the end of 64 bits, or nothing is found.
      var place = start &+ (within &- start) % Self.alignment
      while place < end, places < Self.mostPlaces {
        if let found = tables(beginningAt: PhysicalAddress(place)) { return found }
        place &+= Self.alignment
        places += 1
      }
    }
    return nil
  }

  private func tables(beginningAt root: PhysicalAddress) -> PageTables? {
    for shape in shapes {
      let tables = PageTables(physical: physical, shape: shape, root: root)
      if (try? tables.translate(directory)) == root { return tables }
    }
    return nil
  }
}

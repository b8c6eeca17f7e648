import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Page tables")
struct PageTablesTests {
  /// Every way in which Linux sets up page tables on the two architectures.
  static let modes: [PagingMode] = [
    .x86_64(levels: 4), .x86_64(levels: 5), .x86_64(levels: 4, encryptionMask: 1 << 47),
    .x86_64(levels: 5, encryptionMask: 1 << 51),
    .arm64(.kib4, virtualBits: 39), .arm64(.kib4, virtualBits: 48),
    .arm64(.kib4, virtualBits: 52),
    .arm64(.kib16, virtualBits: 36), .arm64(.kib16, virtualBits: 47),
    .arm64(.kib16, virtualBits: 48), .arm64(.kib16, virtualBits: 52),
    .arm64(.kib64, virtualBits: 42), .arm64(.kib64, virtualBits: 48),
    .arm64(.kib64, virtualBits: 52),
  ]

  @Test("the processor's levels are the walk's levels", arguments: modes)
  func levels(_ mode: PagingMode) throws {
    let shape = try shape(mode)
    #expect(
      (0...shape.rootHeight).reversed().map { shape.shift(atHeight: $0) } == mode.levelShifts)
  }

  @Test("what was mapped is found, what was not is unmapped", arguments: modes)
  func translation(_ mode: PagingMode) throws {
    let shape = try shape(mode)
    let page = UInt64(mode.pageSize.bytes)
    var image = PhysicalImage(pageSize: mode.pageSize)
    let root = PhysicalAddress(0x4000_0000)
    var tables = PageTableWriter(mode, root: root, in: &image)
    // A page at the start of the kernel's addresses, one at their end, and a few in between.
    let last = VirtualAddress(0 &- page)
    let first = shape.start
    let middle = shape.start.advanced(by: (0 &- shape.start.rawValue) / 2 + 5 * page)
    tables.map(first, to: PhysicalAddress(0x8000_0000), count: Int(page), in: &image)
    tables.map(middle, to: PhysicalAddress(0x9000_0000), count: 3 * Int(page), in: &image)
    tables.map(last, to: PhysicalAddress(0xa000_0000), count: Int(page), in: &image)

    let walked = PageTables(physical: image, shape: shape, root: root)
    #expect(try walked.translate(first.advanced(by: 0x123)) == PhysicalAddress(0x8000_0123))
    for offset in [0, 8, page - 1, page, 3 * page - 1] {
      #expect(
        try walked.translate(middle.advanced(by: offset))
          == PhysicalAddress(0x9000_0000 + offset))
    }
    #expect(try walked.translate(VirtualAddress(.max)) == PhysicalAddress(0xa000_0000 + page - 1))
    for hole in [
      first.advanced(by: page), middle.advanced(by: -1), middle.advanced(by: 3 * page),
      last.advanced(by: -1), VirtualAddress(0), VirtualAddress(0x7fff_0000_0000),
      shape.start.advanced(by: -1),
    ] {
      #expect(throws: Absence.unmapped, "\(hole)") { try walked.translate(hole) }
    }
  }

  @Test("large pages map what lies below their entry", arguments: modes)
  func largePages(_ mode: PagingMode) throws {
    let shape = try shape(mode)
    var image = PhysicalImage(pageSize: mode.pageSize)
    let root = PhysicalAddress(0x4000_0000)
    var tables = PageTableWriter(mode, root: root, in: &image)
    let walked: [(VirtualAddress, PhysicalAddress, Int)] = mode.levelShifts.dropLast().suffix(2)
      .filter { mode.allowsLeaf(mapping: $0) }
      .map { shift in
        // The second entry of that level, behind the start of the kernel's addresses.
        let address = shape.start.advanced(by: UInt64(1) << UInt64(shift))
        let physical = PhysicalAddress(UInt64(1) << 44 | UInt64(1) << UInt64(shift))
        tables.map(address, to: physical, count: 1 << shift, shift: shift, in: &image)
        return (address, physical, shift)
      }
    #expect(!walked.isEmpty)
    let kernel = PageTables(physical: image, shape: shape, root: root)
    for (address, physical, shift) in walked {
      for offset in [0, 1, 0x12345, (UInt64(1) << UInt64(shift)) - 1] {
        #expect(
          try kernel.translate(address.advanced(by: offset)) == physical.advanced(by: offset))
      }
    }
  }

  @Test(
    "addresses of 52 bits keep their upper bits in the entry's lower ones",
    arguments: [
      PagingMode.arm64(.kib4, virtualBits: 52), .arm64(.kib16, virtualBits: 52),
      .arm64(.kib64, virtualBits: 48), .arm64(.kib64, virtualBits: 52),
    ])
  func wideAddresses(_ mode: PagingMode) throws {
    let shape = try shape(mode)
    var image = PhysicalImage(pageSize: mode.pageSize)
    // The tables themselves lie high up, too.
    let root = PhysicalAddress(0xd_0000_4000_0000)
    let high = PhysicalAddress(0xb_5555_0000_0000)
    var tables = PageTableWriter(mode, root: root, in: &image)
    tables.map(shape.start, to: high, count: mode.pageSize.bytes, in: &image)
    let kernel = PageTables(physical: image, shape: shape, root: root)
    #expect(try kernel.translate(shape.start.advanced(by: 7)) == high.advanced(by: 7))
  }

  @Test("a large page where the processor has none is a corrupt table")
  func impossibleLargePage() throws {
    for (mode, shift) in [
      (PagingMode.x86_64(levels: 4), 39), (.x86_64(levels: 5), 48),
      (.arm64(.kib16, virtualBits: 47), 36),
      (.arm64(.kib4, virtualBits: 48), 39),
    ] {
      let shape = try shape(mode)
      var image = PhysicalImage(pageSize: mode.pageSize)
      var tables = PageTableWriter(mode, root: PhysicalAddress(0x4000_0000), in: &image)
      tables.map(shape.start, to: PhysicalAddress(0), count: 1 << shift, shift: shift, in: &image)
      let kernel = PageTables(physical: image, shape: shape, root: tables.root)
      #expect(throws: Absence.corrupt(.pageTable)) { try kernel.translate(shape.start) }
    }
  }

  @Test("a block in AArch64's last level is a corrupt table")
  func reservedDescriptor() throws {
    let mode = PagingMode.arm64(.kib4, virtualBits: 48)
    var image = PhysicalImage()
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x4000_0000), in: &image)
    let start = try shape(mode).start
    tables.write(0x5000_0401, for: start, shift: 12, in: &image)
    let kernel = PageTables(physical: image, shape: try shape(mode), root: tables.root)
    #expect(throws: Absence.corrupt(.pageTable)) { try kernel.translate(start) }
  }

  @Test(
    "a table that refers to itself ends the walk after as many steps as there are levels",
    arguments: [
      PagingMode.x86_64(levels: 4), .x86_64(levels: 5), .arm64(.kib4, virtualBits: 48),
      .arm64(.kib16, virtualBits: 47), .arm64(.kib64, virtualBits: 42),
    ])
  func cyclicTable(_ mode: PagingMode) throws {
    let shape = try shape(mode)
    var image = PhysicalImage(pageSize: mode.pageSize)
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x4000_0000), in: &image)
    // The last address of all takes the last entry of every table.
    let last = VirtualAddress(.max)
    tables.link(last, toTableAt: tables.root, shift: mode.levelShifts[0], in: &image)
    let kernel = PageTables(physical: image, shape: shape, root: tables.root)
    // Read as a last entry, the root's own entry maps the root.
    let page = UInt64(mode.pageSize.bytes)
    #expect(try kernel.translate(last) == tables.root.advanced(by: page - 1))
  }

  @Test("a table that is not in the dump says why")
  func absentTable() throws {
    let mode = PagingMode.x86_64(levels: 4)
    let shape = try shape(mode)
    var image = PhysicalImage()
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x4000_0000), in: &image)
    tables.link(shape.start, toTableAt: PhysicalAddress(0x7_0000_0000), shift: 39, in: &image)
    let kernel = PageTables(physical: image, shape: shape, root: tables.root)
    #expect(throws: Absence.hole) { try kernel.translate(shape.start) }
    let lost = PageTables(physical: PhysicalImage(), shape: shape, root: tables.root)
    #expect(throws: Absence.hole) { try lost.translate(shape.start) }
  }

  @Test("random mappings are found where they were put", arguments: modes)
  func randomMappings(_ mode: PagingMode) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let shape = try shape(mode)
    let page = UInt64(mode.pageSize.bytes)
    var image = PhysicalImage(pageSize: mode.pageSize)
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x1_0000_0000), in: &image)
    var truth: [VirtualAddress: PhysicalAddress] = [:]
    for _ in 0..<40 {
      let address = mode.pageSize.start(
        of: VirtualAddress(UInt64.random(in: shape.start.rawValue...(.max), using: &random)))
      let physical = PhysicalAddress(UInt64.random(in: 0..<(1 << 46), using: &random) / page * page)
      tables.map(address, to: physical, count: Int(page), in: &image)
      truth[address] = physical
    }
    let kernel = PageTables(physical: image, shape: shape, root: tables.root)
    for (address, physical) in truth {
      #expect(try kernel.translate(address) == physical, "seed \(seed)")
      for neighbour in [address.advanced(by: page), address.advanced(by: -Int(page))]
      where truth[neighbour] == nil {
        #expect(throws: Absence.unmapped, "seed \(seed)") { try kernel.translate(neighbour) }
      }
    }
  }
}

/// The shape that a walk should find a way of paging to have.
func shape(_ mode: PagingMode) throws -> PageTableShape {
  switch mode {
  case .x86_64(let levels, let encryptionMask):
    .x86_64(hasFiveLevels: levels == 5, encryptionMask: encryptionMask)
  case .arm64(let pageSize, let virtualBits):
    try #require(PageTableShape.arm64(pageSize: pageSize, virtualBits: virtualBits))
  }
}

extension PagingMode {
  /// Whether the processor has leaves that map `1 << shift` bytes (Arm ARM D8.3, AMD64 5.3).
  fileprivate func allowsLeaf(mapping shift: Int) -> Bool {
    switch self {
    case .x86_64: [21, 30].contains(shift)
    case .arm64(.kib4, 52): [21, 30, 39].contains(shift)
    case .arm64(.kib4, _): [21, 30].contains(shift)
    case .arm64(.kib16, 52): [25, 36].contains(shift)
    case .arm64(.kib16, _): shift == 25
    case .arm64: [29, 42].contains(shift)
    }
  }
}

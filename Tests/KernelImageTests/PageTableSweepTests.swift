import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Sweeps over page tables")
struct PageTableSweepTests {
  @Test("a sweep finds what was mapped, in order", arguments: PageTablesTests.modes)
  func everything(_ mode: PagingMode) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let shape = try shape(mode)
    let page = UInt64(mode.pageSize.bytes)
    var image = PhysicalImage(pageSize: mode.pageSize)
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x1_0000_0000), in: &image)
    var truth: [VirtualAddress: PhysicalAddress] = [:]
    for number in 0..<20 {
      let address = mode.pageSize.start(
        of: VirtualAddress(
          UInt64.random(in: shape.start.rawValue...(.max - 2 * page), using: &random)))
      let physical = PhysicalAddress(UInt64(number + 1) * page)
      tables.map(address, to: physical, count: Int(page), in: &image)
      truth[address] = physical
    }
    let kernel = PageTables(physical: image, shape: shape, root: tables.root)
    var seen: [LinearMap] = []
    let gaps = kernel.sweep(shape.start..<VirtualAddress(.max)) { seen.append($0) }
    let expected = truth.sorted { $0.key < $1.key }.map {
      LinearMap(range: $0.key..<$0.key.advanced(by: page), start: $0.value)
    }
    #expect(seen == expected, "seed \(seed)")
    #expect(gaps.unseen.isEmpty && !gaps.isBrokenOff)
  }

  @Test("leaves of any size are cut to what was asked for")
  func cut() throws {
    let mode = PagingMode.x86_64(levels: 4)
    var image = PhysicalImage()
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x4000_0000), in: &image)
    let start = VirtualAddress(0xffff_c900_0000_0000)
    tables.map(start, to: PhysicalAddress(0x8000_0000), count: 1 << 30, shift: 30, in: &image)
    let kernel = PageTables(physical: image, shape: try shape(mode), root: tables.root)
    var seen: [LinearMap] = []
    let wanted = start.advanced(by: UInt64(0x1234))..<start.advanced(by: UInt64(0x5000))
    _ = kernel.sweep(wanted) { seen.append($0) }
    #expect(seen == [LinearMap(range: wanted, start: PhysicalAddress(0x8000_1234))])
  }

  @Test("tables that cannot be read are told, and the rest is seen")
  func gaps() throws {
    let mode = PagingMode.arm64(.kib4, virtualBits: 48)
    var image = PhysicalImage()
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x4000_0000), in: &image)
    let start = try shape(mode).start
    let next = start.advanced(by: UInt64(1) << 39)
    tables.link(start, toTableAt: PhysicalAddress(0x7000_0000), shift: 39, in: &image)
    tables.map(next, to: PhysicalAddress(0x8000_0000), count: 0x1000, in: &image)
    let kernel = PageTables(physical: image, shape: try shape(mode), root: tables.root)
    var seen = 0
    let gaps = kernel.sweep(start..<VirtualAddress(.max)) { _ in seen += 1 }
    #expect(seen == 1)
    #expect(gaps.unseen.map(\.address) == [start])
    #expect(gaps.unseen.map(\.absence) == [.hole])
  }

  @Test("tables that lead back into themselves end the sweep")
  func cycle() throws {
    let mode = PagingMode.x86_64(levels: 5)
    let shape = try shape(mode)
    var image = PhysicalImage()
    let tables = PageTableWriter(mode, root: PhysicalAddress(0x4000_0000), in: &image)
    // Every entry of the only table refers to it.
    for index in 0..<512 {
      image.write(UInt64(0x4000_0063), at: tables.root.advanced(by: UInt64(index * 8)))
    }
    let kernel = PageTables(physical: image, shape: shape, root: tables.root)
    var seen = 0
    let gaps = kernel.sweep(shape.start..<VirtualAddress(.max)) { _ in seen += 1 }
    #expect(gaps.isBrokenOff)
    #expect(seen <= 512)
  }
}

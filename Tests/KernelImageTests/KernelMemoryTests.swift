import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Kernel memory")
struct KernelMemoryTests {
  /// A machine with the words 0, 1, 2, … at the start of 64 pages from 1 GiB on.
  private static let memoryStart = PhysicalAddress(0x4000_0000)
  private static let pages = 64

  private static func machine() -> PhysicalImage {
    var image = PhysicalImage()
    for page in 0..<pages {
      image.write(UInt64(page), at: memoryStart.advanced(by: UInt64(page * 4096)))
    }
    return image
  }

  @Test("the direct map needs no page tables")
  func directMap() throws {
    var image = Self.machine()
    let tables = PageTableWriter(
      .x86_64(levels: 4), root: PhysicalAddress(0x5000_0000), in: &image)
    let base = VirtualAddress(0xffff_8880_0000_0000)
    let memory = KernelMemory(
      machine: .x86_64,
      tables: PageTables(
        physical: image, shape: .x86_64(hasFiveLevels: false), root: tables.root),
      directMap: LinearMap(
        range: base..<base.advanced(by: UInt64(0x6000_0000)), start: PhysicalAddress(0)))
    #expect(try memory.load(UInt64.self, at: base.advanced(by: UInt64(0x4000_3000))) == 3)
    #expect(throws: Absence.hole) { try memory.page(at: base) }
    #expect(throws: Absence.unmapped) {
      try memory.page(at: base.advanced(by: UInt64(0x6000_0000)))
    }
  }

  @Test("a pointer with a KASAN tag leads where the one without does")
  func taggedPointers() throws {
    var image = Self.machine()
    let mode = PagingMode.arm64(.kib4, virtualBits: 48)
    var tables = PageTableWriter(mode, root: PhysicalAddress(0x5000_0000), in: &image)
    let start = VirtualAddress(0xffff_8000_1000_0000)
    tables.map(start, to: Self.memoryStart, count: 0x4000, in: &image)
    let memory = KernelMemory(
      machine: .arm64,
      tables: PageTables(physical: image, shape: try shape(mode), root: tables.root))
    #expect(try memory.load(UInt64.self, at: VirtualAddress(0xf4ff_8000_1000_2000)) == 2)
    #expect(try memory.load(UInt64.self, at: VirtualAddress(0x00ff_8000_1000_3000)) == 3)
    // Bit 55 is clear in a user's pointer, whatever its tag.
    #expect(throws: Absence.unmapped) {
      try memory.page(at: VirtualAddress(0xff7f_8000_1000_2000))
    }
    // AMD64 has no such tags in the kernel.
    #expect(
      Machine.x86_64.untagged(VirtualAddress(0xf4ff_8880_0000_0000)).rawValue
        == 0xf4ff_8880_0000_0000)
  }

  @Test("the kernel image is readable when a page table is missing, but not where it was freed")
  func imageByArithmetic() throws {
    var image = Self.machine()
    let text = VirtualAddress(0xffff_ffff_8100_0000)
    var tables = PageTableWriter(
      .x86_64(levels: 4), root: PhysicalAddress(0x5000_0000), in: &image)
    // The first 2 MiB are missing their last table, of the second only one page is still mapped.
    tables.link(text, toTableAt: PhysicalAddress(0x7000_0000), shift: 21, in: &image)
    let second = text.advanced(by: UInt64(0x20_0000))
    tables.map(second, to: Self.memoryStart.advanced(by: 0x1000), count: 0x1000, in: &image)
    let memory = KernelMemory(
      machine: .x86_64,
      tables: PageTables(
        physical: image, shape: .x86_64(hasFiveLevels: false), root: tables.root),
      image: LinearMap(
        range: text..<text.advanced(by: UInt64(0x40_0000)), start: Self.memoryStart))
    #expect(try memory.load(UInt64.self, at: text.advanced(by: UInt64(0x5000))) == 5)
    #expect(try memory.load(UInt64.self, at: second) == 1)
    #expect(throws: Absence.unmapped) { try memory.page(at: second.advanced(by: UInt64(0x1000))) }
  }

  @Test("many threads read through one cache and get what page tables say")
  func threads() async throws {
    var image = Self.machine()
    var tables = PageTableWriter(
      .x86_64(levels: 5), root: PhysicalAddress(0x5000_0000), in: &image)
    // More regions than the cache has room for, so that entries are replaced.
    let start = VirtualAddress(0xffa0_0000_0000_0000)
    let regions = 700
    for region in 0..<regions {
      tables.map(
        start.advanced(by: region << 21),
        to: Self.memoryStart.advanced(by: UInt64(region % Self.pages) << 12), count: 0x1000,
        in: &image)
    }
    let memory = KernelMemory(
      machine: .x86_64,
      tables: PageTables(physical: image, shape: .x86_64(hasFiveLevels: true), root: tables.root))
    let seed = UInt64.random(in: 0 ... .max)
    let wrong = await withTaskGroup(of: Int.self) { group in
      for worker in 0..<4 {
        group.addTask {
          var random = SeededGenerator(seed: seed &+ UInt64(worker))
          return (0..<2000).reduce(0) { wrong, _ in
            let region = Int.random(in: 0..<regions, using: &random)
            let word = try? memory.load(UInt64.self, at: start.advanced(by: region << 21))
            return wrong + (word == UInt64(region % Self.pages) ? 0 : 1)
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0, "seed \(seed)")
  }
}

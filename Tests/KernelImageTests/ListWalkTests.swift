import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("List walks")
struct ListWalkTests {
  /// Memory whose virtual addresses are the physical ones, for walks that need nothing else.
  private struct Words: VirtualMemory {
    var image = PhysicalImage()
    var pageSize: PageSize { image.pageSize }

    mutating func store(_ word: UInt64, at address: UInt64) {
      image.write(word, at: PhysicalAddress(address))
    }

    func page(at address: VirtualAddress) throws(Absence) -> Page {
      Page(bytes: try image.page(pageSize.frame(of: PhysicalAddress(address.rawValue))))
    }
  }

  private let head = VirtualAddress(0x1000)

  @Test("a list ends where it began, and entries are found from their links")
  func circle() {
    var words = Words()
    words.store(0x2010, at: 0x1000)
    words.store(0x3010, at: 0x2010)
    words.store(0x1000, at: 0x3010)
    let walk = ListWalk(circle: head, offset: 0x10, in: words, of: .x86_64)
    #expect(walk.entries == [VirtualAddress(0x2000), VirtualAddress(0x3000)])
    #expect(walk.end == .complete)
  }

  @Test("an empty list has no entries")
  func empty() {
    var words = Words()
    words.store(0x1000, at: 0x1000)
    #expect(ListWalk(circle: head, offset: 8, in: words, of: .x86_64).entries.isEmpty)
    words.store(0, at: 0x1000)
    #expect(ListWalk(chain: head, offset: 8, in: words, of: .x86_64).end == .complete)
  }

  @Test("a chain ends with NULL or, in a list of nulls, with an odd pointer", arguments: [0, 7])
  func chain(end: UInt64) {
    var words = Words()
    words.store(0x2000, at: 0x1000)
    words.store(0x3000, at: 0x2008)
    words.store(end, at: 0x3008)
    let walk = ListWalk(chain: head, next: 8, offset: 0, in: words, of: .x86_64)
    #expect(walk.entries == [VirtualAddress(0x2000), VirtualAddress(0x3000)])
    #expect(walk.end == .complete)
  }

  @Test("a list that leads back into itself shows each entry once", arguments: 0..<9, 1..<9)
  func cycle(tail: Int, length: Int) {
    var words = Words()
    let places = (0..<(tail + length)).map { UInt64(0x2000 + $0 * 0x100) }
    words.store(places[0], at: 0x1000)
    for (place, next) in zip(places, places.dropFirst()) { words.store(next, at: place) }
    words.store(places[tail], at: places[tail + length - 1])
    let walk = ListWalk(circle: head, offset: 0, in: words, of: .x86_64)
    #expect(walk.entries.map(\.rawValue) == places)
    #expect(walk.end == .cyclic)
  }

  @Test("a wild link ends the walk with what was seen before it")
  func wild() {
    var words = Words()
    words.store(0x2000, at: 0x1000)
    words.store(0xdead_0000_0000_0100, at: 0x2000)
    let walk = ListWalk(circle: head, offset: 0, in: words, of: .x86_64)
    #expect(walk.entries == [VirtualAddress(0x2000), VirtualAddress(0xdead_0000_0000_0100)])
    #expect(walk.end == .absent(.hole, at: VirtualAddress(0xdead_0000_0000_0100)))
  }

  @Test("links with a KASAN tag lead on and back to the head")
  func tags() {
    var words = Words()
    let head = VirtualAddress(0xffff_8000_0000_1000)
    words.store(0xf4ff_8000_0000_2000, at: 0xffff_8000_0000_1000)
    words.store(0xf1ff_8000_0000_1000, at: 0xffff_8000_0000_2000)
    let walk = ListWalk(circle: head, offset: 0, in: words, of: .arm64)
    #expect(walk.entries == [VirtualAddress(0xffff_8000_0000_2000)])
    #expect(walk.end == .complete)
  }

  @Test("a walk stops at its limit")
  func limit() {
    var words = Words()
    for index in 0..<100 {
      words.store(0x1000 + UInt64(index + 1) * 8, at: 0x1000 + UInt64(index) * 8)
    }
    let walk = ListWalk(circle: head, offset: 0, in: words, of: .x86_64, limit: 10)
    #expect(walk.entries.count == 10)
    #expect(walk.end == .limit)
  }
}

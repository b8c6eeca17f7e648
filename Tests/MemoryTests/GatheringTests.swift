import ByteKit
import Memory
import Testing

/// Page frames 1, 2 and 3; every byte is the number of its page.
private struct ThreePages: PhysicalMemory {
  let pageSize = PageSize.kib4
  let frames = [PageFrame(1)..<PageFrame(4)]

  func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    if let absence = absence(of: frame) { throw absence }
    return Bytes([UInt8](repeating: UInt8(frame.rawValue), count: 4096))
  }

  func absence(of frame: PageFrame) -> Absence? {
    frames[0].contains(frame) ? nil : .excluded
  }
}

/// The same pages by virtual address, of which only some words are known in page 2.
private struct PartlyKnown: VirtualMemory {
  let pageSize = PageSize.kib4

  func page(at address: VirtualAddress) throws(Absence) -> Page {
    let number = address.rawValue / 4096
    let bytes = try ThreePages().page(PageFrame(number))
    guard number == 2 else { return Page(bytes: bytes) }
    var known = WordMask(words: 512)
    known[0] = true
    known[1] = true
    return Page(bytes: bytes, known: known)
  }
}

@Suite struct GatheringTests {
  @Test func aRangeMayCrossPages() throws {
    let bytes = try ThreePages().bytes(at: PhysicalAddress(0x1FFE), count: 4100)
    #expect(bytes.array == [1, 1] + [UInt8](repeating: 2, count: 4096) + [3, 3])
  }

  @Test func anIntegerMayCrossPages() throws {
    #expect(try ThreePages().load(UInt32.self, at: PhysicalAddress(0x1FFD)) == 0x0201_0101)
    #expect(try ThreePages().load(UInt32.self, at: PhysicalAddress(0x1FFC)) == 0x0101_0101)
  }

  @Test func oneAbsentByteMakesARangeAbsent() {
    #expect(throws: Absence.excluded) {
      try ThreePages().bytes(at: PhysicalAddress(0x3FFF), count: 2)
    }
    #expect(throws: Absence.excluded) {
      try ThreePages().load(UInt64.self, at: PhysicalAddress(0xFFF))
    }
  }

  @Test(arguments: [0, -1, Int.min]) func noBytesNeedNoMemory(count: Int) throws {
    #expect(try ThreePages().bytes(at: PhysicalAddress(0), count: count).count == 0)
    #expect(try PartlyKnown().bytes(at: VirtualAddress(0x2008), count: count).count == 0)
  }

  @Test func anEndlessRangeEndsWhereMemoryDoes() {
    #expect(throws: Absence.excluded) {
      try ThreePages().bytes(at: PhysicalAddress(0x1001), count: .max)
    }
    #expect(throws: Absence.notShown) {
      try PartlyKnown().bytes(at: VirtualAddress(0x1001), count: .max)
    }
  }

  @Test func wordsThatWereNotShownAreNotRead() throws {
    let memory = PartlyKnown()
    #expect(try memory.load(UInt64.self, at: VirtualAddress(0x2008)) == 0x0202_0202_0202_0202)
    #expect(try memory.load(UInt32.self, at: VirtualAddress(0x200C)) == 0x0202_0202)
    #expect(throws: Absence.notShown) {
      try memory.load(UInt64.self, at: VirtualAddress(0x2009))
    }
    #expect(throws: Absence.notShown) {
      try memory.load(UInt8.self, at: VirtualAddress(0x2FFF))
    }
    #expect(try memory.load(UInt16.self, at: VirtualAddress(0x1FFF)) == 0x0201)
    #expect(throws: Absence.notShown) {
      try memory.load(UInt16.self, at: VirtualAddress(0x2FFF))
    }
  }

  @Test func aMaskKnowsNothingOutsideOfItsPage() {
    var mask = WordMask(words: 512)
    mask[-1] = true
    mask[512] = true
    #expect(!mask[-1] && !mask[512] && !mask[Int.max])
    mask[511] = true
    #expect(mask[511] && !mask[510])
    mask[511] = false
    #expect(!mask[511])
  }
}

/// A page of text at 0x1000, and nothing behind it.
private struct TextMemory: VirtualMemory {
  let pageSize = PageSize.kib4
  let text: [UInt8]

  func page(at address: VirtualAddress) throws(Absence) -> Page {
    guard address.rawValue / 4096 == 1 else { throw .unmapped }
    return Page(bytes: Bytes([UInt8](repeating: 0x78, count: 4096 - text.count) + text))
  }
}

@Suite struct StringTests {
  private let memory = TextMemory(text: Array("kmalloc-64\0single_open".utf8))

  @Test func textEndsAtANUL() throws {
    let start = VirtualAddress(0x2000 - 22)
    #expect(try memory.string(at: start) == "kmalloc-64")
    #expect(try memory.string(at: start, limit: 7) == "kmalloc")
  }

  @Test func textEndsWhereMemoryEnds() throws {
    #expect(try memory.string(at: VirtualAddress(0x2000 - 11)) == "single_open")
  }

  @Test func textThatIsNotThereHasAReason() {
    #expect(throws: Absence.unmapped) { try memory.string(at: VirtualAddress(0x2000)) }
  }
}

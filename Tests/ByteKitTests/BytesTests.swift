import ByteKit
import Testing

@Suite struct BytesTests {
  let bytes = Bytes([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09])

  @Test func integersAreLittleEndianAtAnyAlignment() {
    #expect(bytes.load(UInt8.self, at: 8) == 9)
    #expect(bytes.load(UInt16.self, at: 1) == 0x0302)
    #expect(bytes.load(UInt32.self, at: 3) == 0x0706_0504)
    #expect(bytes.load(UInt64.self, at: 1) == 0x0908_0706_0504_0302)
    #expect(Bytes([0xFE, 0xFF]).load(Int16.self, at: 0) == -2)
    #expect(bytes.loadBigEndian(UInt32.self, at: 3) == 0x0405_0607)
  }

  @Test(arguments: [-1, 2, 9, Int.max, Int.min]) func nothingIsReadOutside(offset: Int) {
    #expect(bytes.load(UInt64.self, at: offset) == nil)
    #expect(bytes.loadBigEndian(UInt64.self, at: offset) == nil)
    #expect(bytes.span.load(UInt64.self, at: offset) == nil)
  }

  @Test func spansReadTheSameBytes() {
    for offset in 0..<2 {
      #expect(bytes.span.load(UInt64.self, at: offset) == bytes.load(at: offset))
    }
  }

  @Test func aPartStaysInsideTheWhole() throws {
    let part = try #require(bytes.slice(2..<5))
    #expect(part.array == [3, 4, 5])
    #expect(part.slice(1..<3)?.array == [4, 5])
    #expect(part.slice(1..<4) == nil)
    #expect(part.load(UInt32.self, at: 0) == nil)
    #expect(bytes.slice(9..<9)?.count == 0)
    #expect(bytes.slice(-1..<3) == nil)
  }

  @Test func aPartKeepsTheStorage() {
    func part() -> Bytes? { Bytes([UInt8](repeating: 7, count: 100_000)).slice(50_000..<50_004) }
    #expect(part()?.array == [7, 7, 7, 7])
  }

  @Test func bytesAreComparedByContents() {
    #expect(Bytes([1, 2, 3]) == bytes.slice(0..<3))
    #expect(Bytes([1, 2]) != bytes.slice(0..<3))
    #expect(Bytes([1, 2, 4]) != bytes.slice(0..<3))
    #expect(Bytes.empty == bytes.slice(4..<4))
    #expect(Bytes.zeros(5) == Bytes([0, 0, 0, 0, 0]))
  }

  @Test func textEndsAtANULOrTheLimitOrTheEnd() {
    let text = Bytes(Array("slab\0cache".utf8))
    #expect(text.string(at: 0) == "slab")
    #expect(text.string(at: 5) == "cache")
    #expect(text.string(at: 5, limit: 2) == "ca")
    #expect(text.string(at: 10) == "")
    #expect(text.string(at: 11) == nil)
    #expect(text.string(at: -1) == nil)
    #expect(Bytes([0x61, 0xFF]).string(at: 0) == "a\u{FFFD}")
  }
}

@Suite struct CursorTests {
  @Test func valuesFollowEachOther() throws {
    var cursor = Cursor(Bytes([1, 2, 0, 3, 0, 0, 0, 9, 9, 5]))
    #expect(try cursor.read(UInt8.self) == 1)
    #expect(try cursor.read(UInt16.self) == 2)
    #expect(try cursor.read(UInt32.self) == 3)
    #expect(try cursor.read(count: 2).array == [9, 9])
    #expect(cursor.remaining == 1)
    try cursor.skip(1)
    #expect(cursor.remaining == 0)
  }

  @Test func aReadPastTheEndMovesNothing() throws {
    var cursor = Cursor(Bytes([1, 2, 3]), at: 1)
    let failure = #expect(throws: EndOfBytes.self) { try cursor.read(UInt32.self) }
    #expect(failure?.offset == 1)
    #expect(failure?.wanted == 4)
    #expect(throws: EndOfBytes.self) { try cursor.read(count: 3) }
    #expect(throws: EndOfBytes.self) { try cursor.skip(.max) }
    #expect(throws: EndOfBytes.self) { try cursor.read(count: -1) }
    #expect(try cursor.read(UInt16.self) == 0x0302)
  }

  @Test func aStartOutsideHasNothingLeft() {
    var cursor = Cursor(Bytes([1]), at: 5)
    #expect(cursor.remaining == 0)
    #expect(throws: EndOfBytes.self) { try cursor.read(UInt8.self) }
  }
}

@Suite struct HexTests {
  @Test func digitsAreAsManyAsNeededOrAsTheTypeHas() {
    #expect(UInt64(0xAB).hex == "0xab")
    #expect(UInt64(0).hex == "0x0")
    #expect(UInt64(0xAB).paddedHex == "0x00000000000000ab")
    #expect(UInt64.max.paddedHex == "0xffffffffffffffff")
    #expect(UInt32(1).paddedHex == "0x00000001")
  }
}

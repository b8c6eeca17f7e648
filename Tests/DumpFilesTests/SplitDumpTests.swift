import ByteKit
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite struct SplitDumpTests {
  private static let cuts: [UInt64] = [0, 4, 8, 100, 3001]

  private func part(
    _ index: Int, of image: PhysicalImage = KdumpTests.image(),
    _ change: (inout KdumpBuilder) -> Void = { _ in }
  ) throws -> DumpFile {
    var builder = KdumpBuilder(memory: image)
    builder.split = PageFrame(Self.cuts[index])..<PageFrame(Self.cuts[index + 1])
    change(&builder)
    return try DumpFile.open(bytes: Bytes(builder.bytes()))
  }

  private func joined(_ parts: [Int]) throws -> DumpFile {
    var dump = try part(parts[0])
    for index in parts.dropFirst() { dump = try dump.joined(with: part(index)) }
    return dump
  }

  @Test(arguments: [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]])
  func thePartsMakeTheDumpInAnyOrder(order: [Int]) throws {
    let dump = try joined(order)
    expectEqual(dump.memory, KdumpTests.image())
    #expect(dump.format.kdump?.parts.map(\.lowerBound.rawValue) == [0, 4, 8, 100])
    #expect(dump.format.description.hasSuffix("4 parts of a split dump"))
  }

  @Test(arguments: 0..<4)
  func thePagesOfAPartThatIsMissingAreInIt(missing: Int) throws {
    let image = KdumpTests.image()
    let dump = try joined([3, 2, 1, 0].filter { $0 != missing })
    for range in image.frames {
      for number in range.lowerBound.rawValue..<range.upperBound.rawValue {
        let isMissing = Self.cuts[missing] <= number && number < Self.cuts[missing + 1]
        let absence = dump.memory.absence(of: PageFrame(number))
        #expect(absence == (isMissing ? .missingPart : nil), "page frame \(number)")
      }
    }
    #expect(dump.memory.absence(of: PageFrame(50)) == .hole)
  }

  @Test(arguments: 0..<4) func roomForTheDescriptorsOfOtherPartsIsNoDamage(index: Int) throws {
    let dump = try part(index) { $0.sharesZeroBlock = true }
    #expect(dump.format.surplusDescriptors == 0)
    #expect(!dump.format.isTruncated)
    // Of the page frames in the image, only 6 and 7 are zeros.
    for number in UInt64(6)..<8 {
      #expect(
        dump.memory.status(of: PageFrame(number)) == (index == 1 ? .zero : .absent(.missingPart)))
    }
  }

  @Test func partsOfPagesLargerThanBlocksAreFound() throws {
    let notes = [
      CoreNote.vmcoreinfo(VMCoreInfoBuilder(release: "6", pageSize: .kib16).text + "SYMBOL(a)=1\n")
    ]
    let parts = try [0, 1, 2, 3].map { try part($0) { $0.notes = notes } }
    let dump = try parts[1].joined(with: parts[0]).joined(with: parts[3]).joined(with: parts[2])
    #expect(dump.memory.pageSize == .kib16)
    let expected = try KdumpTests.image().bytes(at: PhysicalAddress(0x4000), count: 0x4000)
    #expect(try dump.memory.page(PageFrame(1)) == expected)
  }

  @Test func whatIsNoPartOfTheSameDumpIsRefused() throws {
    let first = try part(0)
    let whole = try part(1) { $0.split = nil }
    #expect(throws: DumpFailure.self) { try first.joined(with: whole) }
    #expect(throws: DumpFailure.self) { try whole.joined(with: first) }
    #expect(throws: DumpFailure.self) { try first.joined(with: part(0)) }
    let otherKernel = try part(1) { $0.uname[2] = "6.6.6" }
    #expect(throws: DumpFailure.self) { try first.joined(with: otherKernel) }
    var image = KdumpTests.image()
    image.write([1], at: PhysicalAddress(4000 << 12))
    #expect(throws: DumpFailure.self) { try first.joined(with: part(1, of: image)) }
  }

  @Test func aPartThatReachesToTheEndOfAddressesDoesNoHarm() throws {
    let endless = try part(0) { $0.split = PageFrame(4)..<PageFrame(.max) }
    let dump = try part(0).joined(with: endless)
    expectEqual(dump.memory, KdumpTests.image())
  }
}

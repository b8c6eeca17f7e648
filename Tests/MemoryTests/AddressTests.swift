import Memory
import Testing

@Suite struct AddressTests {
  @Test func addressesWrapAsTheMachineDoes() {
    let last = VirtualAddress(.max)
    #expect(last.advanced(by: UInt64(2)) == VirtualAddress(1))
    #expect(VirtualAddress(1).advanced(by: -2) == last)
    #expect(VirtualAddress(0x10).offset(from: VirtualAddress(0x20)) == 0xFFFF_FFFF_FFFF_FFF0)
    #expect(PhysicalAddress(.max).advanced(by: 1) == PhysicalAddress(0))
  }

  @Test func addressesAreSortedWithoutASign() {
    #expect(VirtualAddress(1) < VirtualAddress(0xFFFF_8880_0000_0000))
  }

  @Test func addressesHaveSixteenDigits() {
    #expect(VirtualAddress(0xFFFF_8880_0000_1000).description == "0xffff888000001000")
    #expect(PhysicalAddress(0x1000).description == "0x0000000000001000")
  }

  @Test(arguments: [(4096, 12), (16384, 14), (65536, 16)] as [(UInt64, Int)])
  func pagesHaveTheSizesOfMachines(bytes: UInt64, shift: Int) throws {
    let size = try #require(PageSize(bytes: bytes))
    #expect(size.shift == shift)
    #expect(UInt64(size.bytes) == bytes)
    #expect(size.mask == bytes - 1)
    #expect(size.frame(of: PhysicalAddress(5 * bytes + 7)) == PageFrame(5))
    #expect(size.address(of: PageFrame(5)) == PhysicalAddress(5 * bytes))
    #expect(size.offset(of: VirtualAddress(5 * bytes + 7)) == 7)
    #expect(size.start(of: VirtualAddress(5 * bytes + 7)) == VirtualAddress(5 * bytes))
  }

  @Test(arguments: [0, 1, 512, 4095, 8192, 1 << 21, UInt64.max])
  func noMachineHasOtherPages(bytes: UInt64) {
    #expect(PageSize(bytes: bytes) == nil)
  }

  @Test func reasonsForAbsenceFitBehindAColon() {
    #expect(Absence.excluded.description == "excluded from the dump")
    #expect(Absence.corrupt(.size(5000)).description == "corrupt in the file: 5000 bytes")
  }
}

import DebugInfo
import Evidence
import Memory
import Testing
import Transcript

@Suite struct MemoryRowTests {
  private func word(_ text: String, at address: UInt64) throws -> UInt64 {
    try evidence(text).subject.memory.load(at: VirtualAddress(address))
  }

  @Test func readsSixtyFourBitWords() throws {
    let text = """
      ffff80003a5b0000:  ffff00000824edd8 ffff00000824ee00   ..$.......$.....
      ffff80003a5b0010:  ffff00000824ede8                    ..$.....
      """
    #expect(facts(text).words.count == 3)
    #expect(try word(text, at: 0xffff_8000_3a5b_0008) == 0xffff_0000_0824_ee00)
    #expect(try word(text, at: 0xffff_8000_3a5b_0010) == 0xffff_0000_0824_ede8)
    #expect(unread(text) == 0)
  }

  @Test(arguments: [
    "ffff80003a5b0000:  34333231 38373635                     12345678",
    "ffff80003a5b0000:  3231 3433 3635 3837                       12345678",
    "ffff80003a5b0000:  31 32 33 34 35 36 37 38                           12345678",
    "crash> rd -d ffff80003a5b0000 1\nffff80003a5b0000:  4050765991979987505",
  ])
  func readsOtherWidths(text: String) throws {
    #expect(try word(text, at: 0xffff_8000_3a5b_0000) == 0x3837_3635_3433_3231)
  }

  @Test func charactersThatLookLikeAValueAreNone() {
    let facts = facts("ffff80003a5b0000:  3231 3433                               beef")
    #expect(facts.words.count == 1)
    #expect(throws: Absence.notShown) {
      try word("ffff80003a5b0000:  3231 3433  beef 3837", at: 0xffff_8000_3a5b_0000)
    }
  }

  @Test func symbolsAreWordsOnceTheirAddressesAreKnown() throws {
    let text = """
      crash> rd -s ffffc900022e7c38 4
      ffffc900022e7c38:  panic+326        0000003000000008 
      ffffc900022e7c48:  panic+330        [kmalloc-64] 
      ffffffff8105c0aa (T) panic /usr/src/linux/kernel/panic.c: 75
      """
    #expect(try word(text, at: 0xffff_c900_022e_7c38) == 0xffff_ffff_8105_c0aa + 326)
    #expect(try word(text, at: 0xffff_c900_022e_7c40) == 0x30_0000_0008)
    #expect(throws: Absence.notShown) { try word(text, at: 0xffff_c900_022e_7c50) }
  }

  @Test func aSymbolIsLearnedFromAWordShownBothWays() {
    let subject = evidence(
      """
      ff4608710097c040:  ffffffffac0ecc77 ffffffffac0ecc87   w...............
      crash> rd -s ff4608710097c040 2
      ff4608710097c040:  single_start     single_stop      
      """
    ).subject
    #expect(subject.symbols.symbol(named: "single_stop")?.address == .init(0xffff_ffff_ac0e_cc87))
  }

  @Test func aSymbolWithoutAnAddressStillHasAName() throws {
    let subject = evidence("ff4608710097c040:  single_start     single_stop      ").subject
    let word = try subject.memory.pointer(at: .init(0xff46_0871_0097_c040))
    #expect(subject.symbols.reference(to: word)?.name == "single_start")
  }

  @Test func valuesWithCacheNamesKeepTheirValue() throws {
    let text =
      "ffff88003a5b0000:  [ffff88003c001f00:size-64(DMA)] [ffff88003c002f00:file lock cache] "
    #expect(try word(text, at: 0xffff_8800_3a5b_0008) == 0xffff_8800_3c00_2f00)
  }

  @Test func anErrorOrAPromptGluedToARowIsNotPartOfIt() {
    let facts = facts(
      "ffff80003a5b0ff0:  0000000000000000 0000000000000000 rd: page excluded: kernel virtual "
        + "address: ffff80003a5b1000  type: \"64-bit KVADDR\"\n"
        + "ffff80003a5b0fe0:  0000000000000001 0000000000000002 crash> sym jiffies\n"
        + "ffffffff8105c0aa (D) jiffies\n")
    #expect(facts.words.count == 4)
    #expect(facts.errors.map(\.command) == ["rd"])
    #expect(facts.symbols.map(\.name) == ["jiffies"])
  }

  @Test func physicalAddressesAreNotTakenForVirtualOnes() {
    let facts = facts(
      "crash> rd -p ffff80003a5b0000 2\nffff80003a5b0000:  0000000000000001 0000000000000002   ..\n"
    )
    #expect(facts.words.count == 0)
  }
}

extension MemoryRowTests {
  @Test func textIsMemoryByteForByte() throws {
    let text = "crash> rd -a ffff80003a5b0000\nffff80003a5b0000:  /net conf/all\n"
    let memory = evidence(text).subject.memory
    #expect(try memory.load(at: .init(0xffff_8000_3a5b_0000)) == 0x6e6f_6320_7465_6e2f as UInt64)
    #expect(throws: Absence.notShown) {
      try memory.load(UInt64.self, at: .init(0xffff_8000_3a5b_0008))
    }
  }

  @Test func wordsOfProseBehindAnAddressAreNoSymbols() {
    #expect(facts("ffff80003a5b0000:  hello there").symbolicWords.count == 0)
    #expect(facts("ffff80003a5b0000:  single_start     single_stop      ").symbolicWords.count == 2)
  }
}

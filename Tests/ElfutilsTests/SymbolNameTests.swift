import ByteKit
import Testing

@testable import Elfutils

@Suite("Names that stand for nothing in memory")
struct SymbolNameTests {
  private func isNoise(_ name: String) -> Bool {
    let table = Bytes([0] + Array(name.utf8) + [0])
    return SymbolName.isNoise(table, at: 1)
  }

  @Test(
    "the compiler's labels, AArch64's mapping symbols and the export tables are left out",
    arguments: [
      ".L42", ".LC0", ".Ltmp117", "$x", "$d", "$d.7", "$x.1234", "__ksymtab_kfree", "__pfx_kfree",
      "__crc_kfree", "",
    ])
  func noise(name: String) { #expect(isNoise(name)) }

  @Test(
    "names of functions and objects are kept",
    arguments: ["kfree", "__kfree_skb", "L1", "_stext", ".E_copy", "$", "$data", "__p"])
  func kept(name: String) { #expect(!isNoise(name)) }
}

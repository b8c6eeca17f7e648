import Evidence
import Testing

@Suite("Numbers as people read them")
struct QuantitiesTests {
  @Test(
    "thousands",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1,000"), (60000, "60,000"), (1_234_567, "1,234,567"),
      (-1000, "-1,000"), (.min, "-9,223,372,036,854,775,808"),
    ])
  func grouped(number: Int, text: String) { #expect(number.grouped == text) }

  @Test(
    "bytes",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (7_680_000, "7.3 MiB"),
      (1_048_575, "1.0 MiB"), (200 << 20, "200.0 MiB"), (64 << 30, "64.0 GiB"),
      (-2048, "-2.0 KiB"), (.max, "8,192.0 PiB"),
    ])
  func bytes(number: Int, text: String) { #expect(number.byteSize == text) }

  @Test("an unknown number is a question mark, not zero")
  func unknown() {
    #expect(Int?.none.grouped == "?")
    #expect(Int?.none.byteSize == "?")
  }

  @Test("one is singular")
  func singular() {
    #expect(1.counted("object") == "1 object")
    #expect(0.counted("object") == "0 objects")
    #expect(2000.counted("match", "matches") == "2,000 matches")
  }
}

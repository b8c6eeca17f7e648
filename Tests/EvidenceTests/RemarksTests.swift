import Evidence
import Testing

@Suite("Remarks")
struct RemarksTests {
  @Test("the same remark was told for every CPU that there could be")
  func toldOnce() {
    let remarks = ["a"] + [String](repeating: "b", count: 73_728) + ["a", "c"]
    #expect(remarks.toldOnce == ["a (2 times)", "b (73,728 times)", "c"])
    #expect([String]().toldOnce == [])
  }
}

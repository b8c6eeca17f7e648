import DebugInfo
import Testing

@testable import Reports

@Suite("Member paths")
struct MemberPathTests {
  @Test(
    "the innermost member that covers a byte",
    arguments: [
      (0, "id"), (4, nil), (8, "lists[0].next"), (16, "lists[0].prev"), (31, "lists[1].next"),
      (40, "flags"), (44, "owner"), (48, "tail[0]"), (160, "tail[14]"), (-8, nil),
    ] as [(Int, String?)])
  func paths(offset: Int, path: String?) throws {
    let node = try #require(SampleTypes.table.structure(named: "node"))
    #expect(node.path(at: offset) == path)
  }
}

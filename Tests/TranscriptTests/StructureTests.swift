import DebugInfo
import Evidence
import Memory
import Testing
import Transcript

@Suite struct StructureTests {
  @Test(arguments: [
    """
    crash> seq_operations ff4608710097c040
    struct seq_operations {
      start = 0xffffffffac0ecc77, 
      stop = 0xffffffffac0ecc87, 
      next = 0xffffffffac0ecc81, 
      show = 0xffffffffc0219018 <TestMod_ProcContentSeqShow+2>
    }
    crash> quit
    """,
    "struct seq_operations ff4608710097c040\n"
      + "struct seq_operations { start = 0xffffffffac0ecc77, stop = 0xffffffffac0ecc87, "
      + "next = 0xffffffffac0ecc81, show = 0xffffffffc0219018 &lt;TestMod_ProcContentSeqShow+2&gt; }",
  ])
  func pointersOfAStructureAreMemory(text: String) throws {
    let facts = facts(text)
    let structure = try #require(facts.structures.first)
    #expect(structure.type == "seq_operations")
    #expect(structure.address == 0xff46_0871_0097_c040)
    #expect(structure.members.map(\.name) == ["start", "stop", "next", "show"])
    #expect(
      Array(facts.symbols) == [
        ShownSymbol(
          name: "TestMod_ProcContentSeqShow", address: 0xffff_ffff_c021_9016, reach: 2)
      ])
    let memory = evidence(text).subject.memory
    #expect(try memory.load(at: .init(0xff46_0871_0097_c058)) == 0xffff_ffff_c021_9018 as UInt64)
  }

  @Test func aStructureWithOtherMembersShowsNoWords() {
    let text = """
      crash> struct list_and_count ff4608710097c040
      struct list_and_count {
        list = {
          next = 0xffffffffac0ecc77, 
          prev = 0xffffffffac0ecc77
        }, 
        count = 3
      }
      """
    #expect(facts(text).structures.map(\.isAllPointers) == [false])
    #expect(facts(text).words.count == 0)
    #expect(unread(text) == 0)
  }

  @Test func aStructureThatIsCutOffDoesNotSwallowTheRest() {
    let facts = facts(
      """
      crash> struct seq_operations ff4608710097c040
      struct seq_operations {
        start = 0xffffffffac0ecc77, 
      ffffffffac0ecc77 (t) single_start
      """)
    #expect(facts.symbols.map(\.name) == ["single_start"])
  }

  @Test func singleMembersNameSymbols() throws {
    let text = """
      crash> struct seq_operations.show,next ff27b829026fcca0
        show = 0xffffffffc033a030 <TestMod_ProcContentSeqShow>,
        next = 0xffffffff83796090 <single_next>
      crash> struct dentry.d_name ff27b82901f26600
        d_name = {
          {
            hash = 564792045,
            len = 4
          },
          name = 0xff27b82901f26638 "hist"
        },

      """
    let facts = facts(text)
    #expect(unread(text) == 0)
    #expect(Set(facts.symbols.map(\.name)) == ["TestMod_ProcContentSeqShow", "single_next"])
    #expect(facts.structures.isEmpty)
  }

  @Test func aMemberAloneNamesItsSymbol() {
    let facts = facts("  show = 0xffffffffc033a030 <TestMod_ProcContentSeqShow>\n")
    #expect(facts.symbols.map(\.address) == [0xffff_ffff_c033_a030])
  }
}

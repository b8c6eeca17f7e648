import Analysis
import Evidence
import FixtureKit
import Memory
import Testing

@Suite("Control groups that were removed and live on")
struct DyingCgroupsTests {
  /// So many dying groups below one, each with so many pages of a tmpfs.
  private struct Charges: ChargeRecords {
    let dying: Int
    let pages: Int
    var owner = ChargeOwner.nobody
    var sockets = 0
    var processes = 0

    var groups: [ControlGroup] {
      let jobs = ControlGroup(address: VirtualAddress(0x2000), path: "/jobs", parent: 0)
      let root = ControlGroup(address: VirtualAddress(0x1000), path: "/", parent: nil)
      let kinds = pages > 0 ? [ControlGroup.Pages(kind: "tmpfs", count: pages)] : []
      return [root, jobs]
        + (0..<dying).map {
          ControlGroup(
            address: VirtualAddress(0x10_0000 + UInt64($0) * 0x1000), path: "/jobs/\($0)",
            parent: 1, isDying: true, references: 1, pages: kinds, sockets: sockets,
            processes: processes)
        }
    }

    var dyingGroups: Int? { dying }

    func owners(of slots: [UInt32]) -> [ChargeOwner: Int] { [owner: slots.count] }

    func usage() async -> SlabUsage {
      SlabUsage(
        entries: [.init(owner: .group(1), cache: 0, objects: 50, inherited: 40)], overhead: 8)
    }
  }

  private func findings(_ charges: Charges) async -> [Finding] {
    var kernel = SubjectBuilder()
    _ = kernel.cache("dentry", objectSize: 192)
    var subject = kernel.subject
    subject.charges = charges
    return await DyingCgroups().findings(in: subject, groups: [])
  }

  @Test("a machine at work has some, which are not worth a word")
  func few() async {
    #expect(await findings(Charges(dying: 199, pages: 3)).isEmpty)
  }

  @Test("many are a hint, very many and those with much memory are possibly a leak")
  func many() async throws {
    let hint = try #require(await findings(Charges(dying: 300, pages: 2)).first)
    #expect(hint.certainty == .hint && hint.count == 300 && hint.bytes == 300 * 2 * 4096)
    #expect(
      hint.evidence == [
        "300 removed cgroups live on: 300 in /jobs",
        "300 of them are kept by 2.3 MiB that are charged to them: 600 pages of tmpfs",
        "40 slab objects of removed groups (7.5 KiB) count for the groups that these lay in: "
          + "dentry 7.5 KiB",
      ])
    let idle = try #require(await findings(Charges(dying: 2_000, pages: 0)).first)
    #expect(idle.certainty == .possible && idle.bytes == 0)
    #expect(
      idle.evidence.contains { $0.hasPrefix("2,000 of them have no pages: a reference") })
    let large = try #require(await findings(Charges(dying: 200, pages: 400)).first)
    #expect(large.certainty == .possible)
  }

  @Test("what refers to groups without pages is told")
  func holders() async throws {
    let sockets = try #require(
      await findings(Charges(dying: 200, pages: 0, sockets: 2, processes: 1)).first)
    #expect(sockets.evidence[1] == "200 of them are kept by 400 sockets that were opened in them")
    let processes = try #require(
      await findings(Charges(dying: 200, pages: 0, processes: 1)).first)
    #expect(
      processes.evidence[1]
        == "200 of them are kept by 200 processes that ended and nobody waited for")
  }

  @Test("a finding tells the group that most of its objects are charged to")
  func charged() async throws {
    var kernel = SubjectBuilder()
    let cache = kernel.cache("kmalloc-64", objectSize: 64)
    for _ in 0..<3000 { kernel.string(in: cache, "left behind by a session") }
    var subject = kernel.subject
    for (owner, isTold) in [(ChargeOwner.group(1), true), (.nobody, false), (.unknown, false)] {
      subject.charges = Charges(dying: 0, pages: 0, owner: owner)
      let found = await Investigation(of: subject).findings
      let finding = try #require(found.first { !$0.groups.isEmpty })
      let sentence = "\(finding.count ?? 0) of \(finding.count ?? 0) are charged to"
      #expect(
        finding.evidence.contains { $0.replacing(",", with: "").hasPrefix(sentence) } == isTold)
    }
  }
}

import Analysis
import Evidence
import Memory
import Reports
import Testing

@Suite("Owners of slab objects")
struct OwnersReportTests {
  private func subject(_ charges: (any ChargeRecords)? = SampleCharges()) -> Subject {
    var subject = SampleKernel.subject()
    subject.charges = charges
    return subject
  }

  private func report(
    _ division: SlabOwnership.Division, _ subject: Subject
  ) async -> OwnersReport {
    OwnersReport(subject, ownership: await SlabOwnership(of: subject, by: division))
  }

  @Test("control groups, with what is in those below, and what keeps removed ones")
  func groups() async {
    let text = await report(.cgroup, subject()).text(style: .plain)
    #expect(
      text.hasPrefix(
        """
        CGROUP                    OBJECTS    BYTES  WITH BELOW  LARGEST CACHES
        /system.slice/tm.service       46  4.9 KiB     5.3 KiB  filp 4.0 KiB, kmalloc-32 960 B
        /system.slice                   2     64 B     5.4 KiB  kmalloc-32 64 B
        /                               0      0 B     5.4 KiB
        not charged                    22  3.8 KiB              filp 3.5 KiB, kmalloc-32 256 B
        unknown                         1    256 B              filp 256 B

        71 objects in use, 9.0 KiB = 5.0 KiB of 3 cgroups + 3.8 KiB not charged + 256 B unknown
        3 removed cgroups live on: 2 in /system.slice
        1 of them is kept by 8.0 KiB that are charged to them: 2 pages of tmpfs
        """), "\(text)")
  }

  @Test("each object has one owner", arguments: SlabOwnership.Division.allCases)
  func totals(division: SlabOwnership.Division) async {
    for charges in [SampleCharges(), nil] as [SampleCharges?] {
      let ownership = await SlabOwnership(of: subject(charges), by: division)
      #expect(ownership.objects == 40 + 15 + 16)
      #expect(ownership.shares.reduce(0) { $0 + $1.objects } == ownership.objects)
      #expect(ownership.shares.reduce(0) { $0 + $1.bytes } == ownership.bytes)
    }
  }

  @Test("where nothing is known of control groups, nobody is said to be charged")
  func unknown() async {
    let ownership = await SlabOwnership(of: subject(nil), by: .cgroup)
    #expect(ownership.shares.map(\.kind) == [.unknown])
  }

  @Test("JSON fits its schema", arguments: SlabOwnership.Division.allCases)
  func json(division: SlabOwnership.Division) async throws {
    for charges in [SampleCharges(), nil] as [SampleCharges?] {
      let document = try await report(division, subject(charges)).json()
      #expect(try SchemaChecker("owners").errors(in: document) == [])
    }
  }

  @Test("an object tells the control group that it is charged to")
  func show() throws {
    func report(_ slot: UInt64) -> AddressReport {
      AddressReport(
        subject(), at: VirtualAddress(SampleKernel.slabStart + slot * 32),
        groups: SampleKernel.groups)
    }
    let sentence = "    charged to the control group /system.slice/tm.service\n"
    #expect(report(3).text(style: .plain).contains(sentence))
    #expect(!report(35).text(style: .plain).contains("charged"))
    #expect(try SchemaChecker("show").errors(in: report(3).json()) == [])
    #expect(try SchemaChecker("show").errors(in: report(35).json()) == [])
  }
}

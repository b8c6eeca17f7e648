import Evidence
import Memory

/// Charges of the sample kernel's objects: 30 seq_operations to a service, 2 to its slice, which
/// removed services left; some to nobody, and one unknown.
struct SampleCharges: ChargeRecords {
  var groups: [ControlGroup] {
    [
      ControlGroup(address: VirtualAddress(0xffff_8880_0020_0000), path: "/", parent: nil),
      ControlGroup(
        address: VirtualAddress(0xffff_8880_0020_1000), path: "/system.slice", parent: 0),
      ControlGroup(
        address: VirtualAddress(0xffff_8880_0020_2000), path: "/system.slice/tm.service",
        parent: 1, charged: 40),
      ControlGroup(
        address: VirtualAddress(0xffff_8880_0020_3000), path: nil, parent: 1, isDying: true,
        charged: 2, swapped: 1, references: 3, pages: [.init(kind: "tmpfs", count: 2)]),
      ControlGroup(
        address: VirtualAddress(0xffff_8880_0020_4000), path: "/system.slice/gone.service",
        parent: 1, isDying: true, references: 1, pages: [],
        sockets: 1, processes: 0),
    ]
  }

  let dyingGroups: Int? = 3

  func owners(of slots: [UInt32]) -> [ChargeOwner: Int] {
    Dictionary(
      slots.map { ($0 < 30 ? .group(2) : $0 < 32 ? .group(1) : .nobody, 1) }, uniquingKeysWith: +)
  }

  func usage() async -> SlabUsage {
    SlabUsage(
      entries: [
        .init(owner: .group(2), cache: 0, objects: 30),
        .init(owner: .group(1), cache: 0, objects: 2, inherited: 2),
        .init(owner: .nobody, cache: 0, objects: 8),
        .init(owner: .nobody, cache: 1, objects: 14),
        .init(owner: .unknown, cache: 1, objects: 1),
        .init(owner: .group(2), cache: 2, objects: 16),
      ], overhead: 8)
  }
}

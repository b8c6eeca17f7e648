import Evidence
import Memory

/// Records of the sample kernel's objects: all seq_operations come from one line but two of them.
struct SampleRecords: AllocationRecords {
  static let line = AllocationLine(
    file: "leakmod.c", line: 25, function: "tm_open", module: "leakmod")

  func record(of slot: Int) -> AllocationRecord? {
    guard slot < 38 else { return nil }
    let caller = VirtualAddress(SampleKernel.showFunction + 0x10)
    return AllocationRecord(
      allocation: RecordedCall(stack: [caller, VirtualAddress(0x10)], cpu: 1, pid: 71, age: 2.54),
      free: RecordedCall(stack: [caller], cpu: 0, pid: 0, age: nil), line: Self.line)
  }

  func sites(of slots: [UInt32]) -> AllocationSites? {
    guard slots.contains(0) else { return nil }
    let caller = VirtualAddress(SampleKernel.showFunction + 0x10)
    return AllocationSites(
      examined: 38, recorded: 37,
      sites: [
        .init(count: 35, stack: [caller], line: Self.line),
        .init(count: 1, stack: [caller, VirtualAddress(0x10)], line: nil),
        .init(count: 1, stack: [], line: Self.line),
      ], ages: 2.54...125)
  }
}
